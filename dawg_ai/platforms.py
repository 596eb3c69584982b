"""Loudness and ceiling that platforms ask for: `platforms.json`, with sources and the date of the last check."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_TABLE = Path(__file__).with_name("platforms.json")


@dataclass(frozen=True)
class Platform:
    """Where a master is delivered to.

    Args:
        name: such as "spotify".
        loudness_lufs: integrated loudness of the master.
        ceiling_db: its highest true peak, dBTP.
        why: what the platform does, in a sentence.
        source: where that is stated.
    """

    name: str
    loudness_lufs: float
    ceiling_db: float
    why: str
    source: str


@cache
def table() -> dict[str, Platform]:
    """All platforms by name.

    >>> table()["broadcast"].loudness_lufs
    -23.0
    """
    rows = json.loads(_TABLE.read_text("utf-8"))["platforms"]
    return {name: Platform(name, **row) for name, row in rows.items()}


@cache
def checked() -> str:
    """The date on which the table was last compared with its sources."""
    return str(json.loads(_TABLE.read_text("utf-8"))["checked"])
