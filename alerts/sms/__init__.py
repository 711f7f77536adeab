"""Short messages whatever the protocol: a bind to a message centre, and texts in parts."""
