"""Errors that the user can act on. Each message says what was given, what is expected, and what to do.

The command line prints the message without a traceback and exits with `exit_code`.
"""


class DawgError(Exception):
    """Something failed: a damaged file, a full disk, a bundle that fails its check."""

    exit_code = 1


class UsageError(DawgError):
    """The request is invalid: an unknown name, a missing input, a value out of range."""

    exit_code = 2
