"""Trap: half-time snare, booming kicks, rolls of hats in thirty-seconds and triplets."""

from dawg_ai.beat.style import Feel, Style

STYLE = Style(
    tempo_bpm=140,
    kit="808",
    patterns=(
        {"kick": "X.....x...X.....", "clap": "........X.......", "hat": "x.x.x.x.x.x.xxx."},
        {
            "kick": "X..x......Xx....",
            "clap": "........X.......",
            "hat": "x.xxx.x.x.xxx.xx",
            "open hat": "..............x.",
        },
        {
            "kick": "X......x..X..x..",
            "snare": "........X......o",
            "hat": "xxx.x.x.xxx.xxxx",
            "rim": "....o.....o.....",
        },
    ),
    fills=(
        {"hat": "x.x.xxxxxxxxXXXX", "snare": "........X.....xX"},
        {"kick": "X......x........", "clap": "........X...x.xX"},
    ),
    bass=("R-----R---R-----", "R--R------R-----", "R------R--R--8--"),
    melody=("x--x--x-x-------x--x--x-x---x---", "x.....x.....x...x.....x.x......."),
    progression="i VI iv V",
    feel=Feel(swing=0.05, push_ms={"clap": 3.0}, bar_ms=0.2, step_ms=0.6, hit_ms=0.6, dynamics=0.05),
    kick_lock=1.0,
)
