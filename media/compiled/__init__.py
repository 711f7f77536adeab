"""The step of nearly every packet in C, where it could be built; the Python that it replaces stays beside it."""
