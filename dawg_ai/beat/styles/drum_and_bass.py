"""Drum and bass: the broken two-step at 174 bpm, ghost notes on the snare, a long sub bass."""

from dawg_ai.beat.style import Feel, Style

STYLE = Style(
    tempo_bpm=174,
    kit="acoustic",
    patterns=(
        {"kick": "X.........X.....", "snare": "....X..o.o..X..o", "hat": "x.x.x.x.x.x.x.x."},
        {"kick": "X.....x...X.....", "snare": "....X..o....X.o.", "ride": "x.x.x.x.x.x.x.x."},
        {
            "kick": "X.X.......XX....",
            "snare": "....X..o.o..X..o",
            "hat": "xoxoxoxoxoxoxoxo",
            "open hat": "..............x.",
        },
    ),
    fills=(
        {"kick": "X.........X.X...", "snare": "....X..X.oX.X.XX"},
        {"snare": "....X..x.x.xX.xX"},
    ),
    bass=("R-----------R---", "R---..R---....8.", "R-..R-..R-....5-"),
    melody=("x-------x---x---x-------x-------", "x.x...x...x.....x.x...x...x-----"),
    progression="i VII VI VII",
    feel=Feel(swing=0.04, push_ms={"snare": -2.0, "hat": -1.0}, bar_ms=0.8, step_ms=1.5, hit_ms=1.0, dynamics=0.06),
)
