"""What can go wrong between us and whoever takes a message over: it never left, or nobody knows."""


class NotSent(Exception):
    """The message never left: no connection, or it was lost before."""


class NoAnswer(Exception):
    """The message left and nothing came back: it may have been taken."""
