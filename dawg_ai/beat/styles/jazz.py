"""Jazz: a swung ride cymbal, the pedal hat on two and four, kick and snare in conversation."""

from dawg_ai.beat.style import Feel, Style

STYLE = Style(
    tempo_bpm=150,
    kit="acoustic",
    patterns=(
        {
            "ride": "X...X.x.X...X.x.",
            "pedal hat": "....X.......X...",
            "snare": "......o.......o.",
            "kick": "o...o...o...o...",
        },
        {
            "ride": "X...X.x.X...X.x.",
            "pedal hat": "....X.......X...",
            "snare": "o.........o...x.",
            "kick": "......x.........",
        },
        {
            "ride": "X...X.x.X.x.X.x.",
            "pedal hat": "....X.......X...",
            "snare": "......x.....o...",
            "kick": "..........x.....",
        },
    ),
    fills=(
        {"snare": "..x.x.x...x.X.x.", "kick": "X.......x......."},
        {"snare": "X.x.x...........", "high tom": "........x.x.....", "low tom": "............X.x."},
    ),
    bass=("R---3---5---a---", "R---5---3---a---", "R---3---5---7---"),
    melody=("x-x-x-x---x-....x-x---x-x-------", "..x-x-x-x---......x-x-x-x-------"),
    progression="ii7 V7 Imaj7 VI7",
    feel=Feel(
        swing=0.6,
        swung="eighths",
        push_ms={"ride": -3.0, "snare": 6.0, "pedal hat": 2.0},
        bar_ms=4.0,
        step_ms=5.0,
        hit_ms=4.0,
        dynamics=0.1,
    ),
)
