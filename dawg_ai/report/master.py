"""The report of `dawg master`."""

from typing import Any


def document(done: Any, controls: Any) -> str:
    """Draft."""
    return ""
