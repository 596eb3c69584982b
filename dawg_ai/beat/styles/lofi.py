"""Lo-fi: a tired boom bap, kicks ahead and snares behind the beat, soft hats."""

from dawg_ai.beat.style import Feel, Style

STYLE = Style(
    tempo_bpm=82,
    kit="acoustic",
    patterns=(
        {"kick": "X......x..X.....", "snare": "....X.......X...", "hat": "x.x.x.x.x.x.x.x."},
        {"kick": "X..x......X..x..", "snare": "....X.......X..o", "hat": "xox.xox.xox.xox."},
        {
            "kick": "X......xX.......",
            "rim": "....X.......X...",
            "hat": "x.xox.x.x.xox.x.",
            "shaker": "..o...o...o...o.",
        },
    ),
    fills=(
        {"kick": "X......x........", "snare": "....X.......X.oX"},
        {"hat": "x.x.x.x.........", "snare": "....X......o..o."},
    ),
    bass=("R--...R-..5---..", "R---..8-..R-5-..", "R-....R-R---..a-"),
    melody=("x---..x-x---......x-x-..x-------", "....x-x-..x---......x-x-x-------"),
    progression="ii7 V7 Imaj7 vi7",
    feel=Feel(
        swing=0.3,
        push_ms={"kick": -6.0, "snare": 14.0, "rim": 14.0, "hat": 5.0},
        bar_ms=3.0,
        step_ms=4.0,
        hit_ms=3.0,
        dynamics=0.07,
    ),
    kick_lock=0.4,
)
