"""Funk: syncopated sixteenths, ghost notes around a hard backbeat, everything on the one."""

from dawg_ai.beat.style import Feel, Style

STYLE = Style(
    tempo_bpm=104,
    kit="acoustic",
    patterns=(
        {"kick": "X..x......x..x..", "snare": "....X..o.o..X..o", "hat": "xoxoxoxoxoxoxoxo"},
        {
            "kick": "X.x.......x.x...",
            "snare": "....X..o.o.oX...",
            "hat": "x.xxx.xxx.xxx.xx",
            "open hat": "......x.......x.",
        },
        {"kick": "X..x..x...x..x..", "snare": "....X..o.oo.X..o", "hat": "oxXxoxXxoxXxoxXx"},
    ),
    fills=(
        {"kick": "X..x............", "snare": "....X..oXxoxXoxX"},
        {"snare": "....X..o........", "high tom": "........Xxx.....", "low tom": "...........xX.xx"},
    ),
    bass=("R..R..8.R.5.8.a.", "R-.8..R.R.8.5.a.", "R.RR..8..R.R5.8a"),
    melody=("x.x-..x.x-x-....x.x-..x-x-------", "..x-x.x-..x.x---..x-x.x-x-x-----"),
    progression="i7 i7 IV7 i7",
    feel=Feel(
        swing=0.14,
        push_ms={"kick": -2.0, "snare": 4.0, "hat": -3.0},
        bar_ms=2.5,
        step_ms=4.0,
        hit_ms=3.0,
        dynamics=0.08,
    ),
    kick_lock=0.6,
)
