"""The error of files that cannot be used."""

from pathlib import Path

from dawg_ai.errors import DawgError

# -80 dBFS, below the least significant bit of a 14-bit file: nothing can be learned of a lower peak.
SILENCE_PEAK = 1e-4


class UnusableAudio(DawgError):  # noqa: N818, the name says it all
    """A file without usable sound. `reason` says why; the message names the file too."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason
