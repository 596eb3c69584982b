"""What can go wrong for a user. Each message says what came, what is right, and what to do.

The command line prints the message alone (no traceback) and leaves with `exit_code`.
"""


class DawgError(Exception):
    """Something failed: a damaged file, a full disk, a bundle that does not check out."""

    exit_code = 1


class UsageError(DawgError):
    """The request itself is off: an unknown name, a missing input, a value out of range."""

    exit_code = 2
