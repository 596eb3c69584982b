"""Rock: straight eighths, the backbeat a little late, crashes at the start of phrases."""

from dawg_ai.beat.style import Feel, Style

STYLE = Style(
    tempo_bpm=120,
    kit="acoustic",
    patterns=(
        {"kick": "X.......X.x.....", "snare": "....X.......X...", "hat": "X.x.X.x.X.x.X.x."},
        {"kick": "X.....x.X.......", "snare": "....X.......X...", "ride": "X.x.X.x.X.x.X.x."},
        {"kick": "X.x.....X.x...x.", "snare": "....X.......X...", "open hat": "X...X...X...X..."},
    ),
    fills=(
        {
            "kick": "X.......X.......",
            "snare": "....X...XxXx....",
            "high tom": "............Xx..",
            "low tom": "..............Xx",
        },
        {"snare": "....X.....x.X.xX", "kick": "X.......X...X..."},
    ),
    bass=("R.R.R.R.R.R.R.R.", "R.R.R.R.R.R.5.a.", "R---R.R.R---R.a."),
    melody=("x---x---x---x-x-x---x---x-------", "....x-x-x---x-......x-x-x-------"),
    progression="I V vi IV",
    feel=Feel(
        swing=0.0,
        push_ms={"kick": -3.0, "snare": 3.0, "hat": -4.0, "ride": -4.0},
        bar_ms=4.0,
        step_ms=5.0,
        hit_ms=4.0,
        dynamics=0.07,
    ),
    kick_lock=0.6,
)
