"""The step in Python over all receivers of a packet at once: numbers in tables, packets sent together."""
