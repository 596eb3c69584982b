"""What the plugin knows of a song: the score's frames; in training the labelled phonemes and the recording."""

from .analysis import RECORDING
from .performance import decode
from .timing import LABELS, SCORE

__all__ = ["LABELS", "RECORDING", "SCORE", "decode"]
