"""Reggae: the one drop, kick and rim on the third beat, swung eighths on the hat."""

from dawg_ai.beat.style import Feel, Style

STYLE = Style(
    tempo_bpm=76,
    kit="acoustic",
    patterns=(
        {"kick": "........X.......", "rim": "........X.......", "hat": "x.x.X.x.x.x.X.x."},
        {"kick": "X.......X.......", "rim": "........X.....o.", "hat": "x.xxX.x.x.xxX.x."},
        {"kick": "X...X...X...X...", "snare": "........X.......", "hat": "..X...X...X...X."},
    ),
    fills=(
        {"snare": "x.xx........X...", "high tom": "....x.x.........", "kick": "........X......."},
        {"rim": "..x..x..X..x..x.", "kick": "........X......."},
    ),
    bass=("R---..5.R-..3-5-", "..R-R-..5---R---", "R-R-....R-5-3-R-"),
    melody=("..x-..x-..x-x-....x-..x-x-------", "x---..x-x-......x---..x-x-------"),
    progression="I IV V IV",
    feel=Feel(
        swing=0.35,
        push_ms={"rim": 6.0, "kick": 3.0, "snare": 6.0},
        bar_ms=3.0,
        step_ms=4.0,
        hit_ms=3.0,
        dynamics=0.07,
    ),
)
