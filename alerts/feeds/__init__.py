"""Warnings of other authorities that are fetched: which feeds, when, and what has become of each."""
