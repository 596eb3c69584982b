"""Hip hop: boom bap, a heavy kick and a cracking snare, swung sixteenths."""

from dawg_ai.beat.style import Feel, Style

STYLE = Style(
    tempo_bpm=92,
    kit="acoustic",
    patterns=(
        {"kick": "X.x....x..X.....", "snare": "....X.......X...", "hat": "x.x.x.x.x.x.x.x."},
        {"kick": "X......xX.x.....", "snare": "....X.......X..o", "hat": "x.x.x.xxx.x.x.x."},
        {
            "kick": "X..x...x..X..x..",
            "snare": "....X..o....X...",
            "hat": "xox.xox.xox.xox.",
            "open hat": "..............x.",
        },
    ),
    fills=(
        {"kick": "X.x....x........", "snare": "....X.......X.xX"},
        {"kick": "X......xX..x....", "snare": "....X.....x.X..x"},
    ),
    bass=("R-.....R..R-..5.", "R--R...-..8-....", "R-....5.R-....a."),
    melody=("x-x...x-......x-x-x...x---------", "....x-..x-x-........x-..x-------"),
    progression="i iv VI V",
    feel=Feel(
        swing=0.22,
        push_ms={"kick": -3.0, "snare": 8.0, "hat": 2.0},
        bar_ms=2.0,
        step_ms=3.0,
        hit_ms=2.0,
        dynamics=0.06,
    ),
    kick_lock=0.7,
)
