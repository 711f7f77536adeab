"""Browsers in which people asked to be told while no page of ours is open."""
