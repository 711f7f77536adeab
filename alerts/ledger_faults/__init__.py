"""Ledgers of alerts that do not hold: told when one breaks and when it holds again, and standing on the desk."""
