"""A checkpoint as a file: a line with the SHA-256 of the rest, then the rest. What moves one needs no PyTorch."""

from hashlib import sha256

NEWEST, PREVIOUS, DAMAGED = "checkpoint.pt", "previous.pt", "damaged.pt"


def sealed(payload: bytes | memoryview) -> bytes:
    """The first line of the file.

    >>> len(sealed(b"weights"))
    65
    """
    return f"{sha256(payload).hexdigest()}\n".encode()


def opened(content: bytes) -> bytes | None:
    """What is sealed in a file; None where it is damaged.

    >>> opened(sealed(b"weights") + b"weights"), opened(sealed(b"weights") + b"weight")
    (b'weights', None)
    """
    line, _, payload = content.partition(b"\n")
    return payload if sealed(payload) == line + b"\n" else None
