"""Errors that the user can act on. Each message says what was given, what is expected, and what to do.

The command line prints the message without a traceback and exits with `exit_code`.
"""


def needs_train(package: str) -> str:
    """What to do where a package of the extra `train` is missing."""
    # On Linux, PyPI's PyTorch brings gigabytes of CUDA; its own index has it without.
    return (
        f"this needs {package}, which is not installed; install it with: pip install torch --index-url "
        "https://download.pytorch.org/whl/cpu && pip install 'dawg-ai[train]' (the first without CUDA)"
    )


def needs_plan(package: str) -> str:
    """What to do where a package of the extra `plan` is missing."""
    return f"this needs {package}, which is not installed; install it with: pip install 'dawg-ai[plan]'"


def failure(error: Exception) -> str:
    """Why one of several files failed, in one line, whatever it was.

    >>> failure(ValueError("array is too big"))
    'failed unexpectedly, please report it: ValueError: array is too big'
    """
    if isinstance(error, DawgError):
        return str(error)
    if isinstance(error, OSError):
        return f"{error.strerror or error}: {error.filename or ''}".rstrip(": ")
    return f"failed unexpectedly, please report it: {type(error).__name__}: {' '.join(str(error).split())}"


class DawgError(Exception):
    """Something failed: a damaged file, a full disk, a bundle that fails its check."""

    exit_code = 1


class UsageError(DawgError):
    """The request is invalid: an unknown name, a missing input, a value out of range."""

    exit_code = 2
