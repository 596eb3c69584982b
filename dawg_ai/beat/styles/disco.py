"""Disco: four on the floor, open hats off the beat, sixteenths on the hat, octaves in the bass."""

from dawg_ai.beat.style import Feel, Style

STYLE = Style(
    tempo_bpm=118,
    kit="acoustic",
    patterns=(
        {
            "kick": "X...X...X...X...",
            "snare": "....X.......X...",
            "open hat": "..X...X...X...X.",
            "hat": "x...x...x...x...",
        },
        {
            "kick": "X...X...X...X...",
            "snare": "....X.......X..o",
            "hat": "xxXxxxXxxxXxxxXx",
            "tambourine": "..x...x...x...x.",
        },
        {
            "kick": "X...X...X...X...",
            "clap": "....X.......X...",
            "open hat": "..X...X...X...X.",
            "conga": "x..x..x.x..x.xx.",
        },
    ),
    fills=(
        {"snare": "....X...xxxxXxXx"},
        {"snare": "....X.......xxXX", "high tom": "........xx......", "low tom": "..........xx...."},
    ),
    bass=("R.8.R.8.R.8.R.8.", "R.8.R.8.5.8.R.8a", "R-8.R.8.R-8.5.a."),
    melody=("x-x-x---x-x-x---x-x-x-x-x-------", "..x-..x-..x-x---..x-..x-x-------"),
    progression="i iv VII III",
    feel=Feel(
        swing=0.04, push_ms={"snare": 2.0, "open hat": -2.0}, bar_ms=2.0, step_ms=3.0, hit_ms=2.0, dynamics=0.05
    ),
)
