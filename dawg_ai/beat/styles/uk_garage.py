"""UK garage: two-step kicks that leave out the third beat, shuffled hats, rim shots."""

from dawg_ai.beat.style import Feel, Style

STYLE = Style(
    tempo_bpm=132,
    kit="electronic",
    patterns=(
        {
            "kick": "X.........x.....",
            "clap": "....X.......X...",
            "hat": "..x..xx...x.x.xo",
            "rim": "...o...x.o....o.",
        },
        {
            "kick": "X......x..x.....",
            "snare": "....X.......X..o",
            "hat": "x.xx..x.x.xx..xo",
            "open hat": "......x.......x.",
        },
        {
            "kick": "X..x......x..x..",
            "clap": "....X.......X...",
            "hat": "..xo..xo..xo..xo",
            "shaker": "xoxoxoxoxoxoxoxo",
        },
    ),
    fills=(
        {"kick": "X.........x..x..", "snare": "....X..x..x.X.xX"},
        {"rim": "..x..x..x.x.xxxx"},
    ),
    bass=("R--R....R-.8..5.", "R-....R-..R...8.", "..R-.R....R-.8.."),
    melody=("..x..x..x...x-....x..x..x-......", "x-.x..x-....x-..x-.x..x-x-------"),
    progression="i iv VII III",
    feel=Feel(swing=0.27, push_ms={"clap": 2.0, "rim": 1.0}, bar_ms=0.4, step_ms=1.0, hit_ms=0.8, dynamics=0.05),
    kick_lock=0.5,
)
