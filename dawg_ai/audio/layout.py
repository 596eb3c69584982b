"""Channel layouts: which loudspeaker each channel of a file feeds.

A layout is a mask of loudspeakers as WAVE_FORMAT_EXTENSIBLE has it; channels come in the order of its bits ("WAVE
order": left, right, centre, low frequency, ...). 0 is an unknown layout. Names are those of FFmpeg.

Sources: Microsoft, "Multiple channel audio data and WAVE files" (2007); Vorbis I specification 4.3.9 and RFC 7845
5.1.1.2 (order of channels in Ogg); RFC 9639 9.1.3 (FLAC); ITU-R BS.775-3 table 2 (downmix); ITU-R BS.1770-5.
"""

FL, FR, FC, LFE, BL, BR, FLC, FRC, BC, SL, SR = (1 << bit for bit in range(11))
TOP_CENTRE, TFL, TFC, TFR, TBL, TBC, TBR = (1 << bit for bit in range(11, 18))

MASKS = {
    "mono": FC,
    "stereo": FL | FR,
    "2.1": FL | FR | LFE,
    "3.0": FL | FR | FC,
    "3.0(back)": FL | FR | BC,
    "3.1": FL | FR | FC | LFE,
    "4.0": FL | FR | FC | BC,
    "quad": FL | FR | BL | BR,
    "quad(side)": FL | FR | SL | SR,
    "4.1": FL | FR | FC | LFE | BC,
    "5.0": FL | FR | FC | BL | BR,
    "5.0(side)": FL | FR | FC | SL | SR,
    "5.1": FL | FR | FC | LFE | BL | BR,
    "5.1(side)": FL | FR | FC | LFE | SL | SR,
    "6.0": FL | FR | FC | BC | SL | SR,
    "6.1": FL | FR | FC | LFE | BC | SL | SR,
    "6.1(back)": FL | FR | FC | LFE | BL | BR | BC,
    "7.0": FL | FR | FC | BL | BR | SL | SR,
    "7.1": FL | FR | FC | LFE | BL | BR | SL | SR,
    "7.1(wide)": FL | FR | FC | LFE | BL | BR | FLC | FRC,
}

# What as many channels usually are where a file does not say: the layouts of RFC 9639 and of Vorbis.
_USUAL = dict(enumerate(("mono", "stereo", "3.0", "quad", "5.0", "5.1", "6.1", "7.1"), start=1))

# Where each channel in WAVE order stands in an Ogg file, by number of channels; others keep their order.
_XIPH = {
    3: (0, 2, 1),
    5: (0, 2, 1, 3, 4),
    6: (0, 2, 1, 5, 3, 4),
    7: (0, 2, 1, 6, 5, 3, 4),
    8: (0, 2, 1, 7, 5, 6, 3, 4),
}

_HALF_POWER = 0.7071067811865476
_LEFT_SIDE = FL | FLC | BL | SL | TFL | TBL
_RIGHT_SIDE = FR | FRC | BR | SR | TFR | TBR
_FULL_LEVEL = FL | FR | FLC | FRC  # in the downmix; a single surround is 6 dB down, others are 3 dB
_BEHIND = BC | TBC
_SURROUND = BL | BR | BC | SL | SR | TBL | TBC | TBR


def of(channels: int, mask: int = 0) -> int:
    """The mask itself where it has as many loudspeakers as there are channels, else the usual layout; 0: unknown.

    >>> name(of(6))
    '5.1'
    """
    if mask.bit_count() == channels:
        return mask
    return MASKS[_USUAL[channels]] if channels in _USUAL else 0


def name(mask: int) -> str:
    """FFmpeg's name; "" for a layout that has none."""
    return next((name for name, known in MASKS.items() if known == mask), "")


def speakers(mask: int) -> tuple[int, ...]:
    """The loudspeakers in the order of their channels.

    >>> speakers(MASKS["2.1"]) == (FL, FR, LFE)
    True
    """
    return tuple(1 << bit for bit in range(mask.bit_length()) if mask >> bit & 1)


def fold_gains(mask: int) -> tuple[tuple[float, float], ...]:
    """Gains of each channel into left and right; empty for an unknown layout.

    Args:
        mask: a layout.

    Returns:
        (left, right) for each channel, in WAVE order.
    """
    return tuple(_fold_gains(speaker) for speaker in speakers(mask))


def _fold_gains(speaker: int) -> tuple[float, float]:
    if speaker == LFE:
        return 0.0, 0.0
    if speaker & _BEHIND:
        return 0.5, 0.5
    gain = 1.0 if speaker & _FULL_LEVEL else _HALF_POWER
    return gain * (not speaker & _RIGHT_SIDE), gain * (not speaker & _LEFT_SIDE)


def is_surround(speaker: int) -> bool:
    """Whether a loudspeaker stands beside or behind the listener, so that BS.1770 weights it by 1.41 (+1.5 dB).

    The standard gives 1.41 to azimuths of 60 to 120 degrees, where the surrounds of 5.1 stand, and 1.0 to those
    behind. Whether the back channels of a file stand at 110 or at 150 degrees it does not say; FFmpeg weights all
    surrounds by 1.41, and so do we.
    """
    return bool(speaker & _SURROUND)


def xiph_order(channels: int) -> tuple[int, ...]:
    """The channel of an Ogg file (Vorbis, Opus) that holds each channel in WAVE order.

    >>> [("L", "C", "R", "Ls", "Rs", "LFE")[k] for k in xiph_order(6)]
    ['L', 'R', 'C', 'LFE', 'Ls', 'Rs']
    """
    return _XIPH.get(channels, tuple(range(channels)))
