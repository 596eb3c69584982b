"""Train, validation or test part by a hash of the group: the same on every machine, and nothing has to be stored.

A new clip of a known artist, album or package is in the part of its group.
"""

from hashlib import sha256

from dawg_ai.data.clip import Part


def part(group: str, split: int = 0, *, valid: float = 0.15, test: float = 0.2) -> Part:
    """The part of a group in a split.

    Args:
        group: artist, album, package, drummer, room or singer.
        split: number of the split; different numbers are independent draws.
        valid: expected share of groups in the validation part, 0 to 1.
        test: expected share of groups in the test part, 0 to 1.

    >>> part("wesnoth-1.16-music", split=0) == part("wesnoth-1.16-music", split=0)
    True
    """
    digest = sha256(f"{split}:{group}".encode("utf-8", "surrogatepass")).digest()
    position = int.from_bytes(digest[:8], "big") / 2**64
    if position < test:
        return "test"
    return "valid" if position < test + valid else "train"
