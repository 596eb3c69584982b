"""House: four on the floor, claps on two and four, open hats between the beats."""

from dawg_ai.beat.style import Feel, Style

STYLE = Style(
    tempo_bpm=124,
    kit="electronic",
    patterns=(
        {
            "kick": "X...X...X...X...",
            "clap": "....X.......X...",
            "open hat": "..X...X...X...X.",
            "hat": "x.o.x.ox.oo.x.o.",
            "shaker": "oxoxoxoxoxoxoxox",
        },
        {
            "kick": "X...X...X...X..o",
            "clap": "....X.......X..o",
            "open hat": "..X...X...X...X.",
            "ride": "x.o.x.o.x.o.x.o.",
        },
        {
            "kick": "X...X...X...X...",
            "snare": "....X..o.o..X...",
            "hat": "oxXxoxXxoxXxoxXx",
            "rim": "...x..x...x..x..",
        },
    ),
    fills=(
        {"kick": "X...X...X.......", "snare": "....X...X.x.xxXX"},
        {"clap": "....X...X..X.XXX"},
    ),
    bass=("..R-..R-..R-..8.", "R..R..R-..8.R.5.", "..RR..R8..RR..58"),
    melody=("x..x..x-..x.x---....x..x..x-....", "....x.x.x--.x-......x.x.x-x-x---"),
    progression="i VI III VII",
    feel=Feel(swing=0.12, push_ms={"hat": -1.0, "clap": 2.0}, bar_ms=0.3, step_ms=0.8, hit_ms=0.6, dynamics=0.03),
)
