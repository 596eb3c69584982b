"""Techno: a straight kick, rolling off-beat hats, a rumble of bass between the kicks."""

from dawg_ai.beat.style import Feel, Style

STYLE = Style(
    tempo_bpm=132,
    kit="electronic",
    patterns=(
        {
            "kick": "X...X...X...X...",
            "open hat": "..X...X...X...X.",
            "hat": "xoxoxoxoxoxoxoxo",
            "clap": "....x.......x...",
        },
        {
            "kick": "X...X...X...X...",
            "hat": "..Xo..Xo..Xo..Xo",
            "rim": "x..x..x...x..x..",
            "ride": "..x...x...x...x.",
        },
        {
            "kick": "X...X...X...X..x",
            "open hat": "..X...X...X...X.",
            "low tom": "...o..o....o..o.",
            "hat": "oxoxoxoxoxoxoxox",
        },
    ),
    fills=(
        {"kick": "X...X...........", "hat": "XxXxXxXxXXXXXXXX"},
        {"snare": "x.x.x.x.xxxxXXXX"},
    ),
    bass=(".RRR.RRR.RRR.RRR", "..RR..RR..RR..R8", "R.RR.R.RR.RR.R.8"),
    melody=("x..x..x..x..x...x..x..x..x..x...", "x.....x.....x...x.....x...x....."),
    progression="i i VI VII",
    feel=Feel(swing=0.0, push_ms={"hat": -0.5}, bar_ms=0.1, step_ms=0.4, hit_ms=0.4, dynamics=0.03),
)
