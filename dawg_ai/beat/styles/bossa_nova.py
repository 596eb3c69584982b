"""Bossa nova: a heartbeat of kicks, the clave on the rim, even eighths."""

from dawg_ai.beat.style import Feel, Style

STYLE = Style(
    tempo_bpm=132,
    kit="acoustic",
    patterns=(
        {"kick": "X.....x.X.....x.", "rim": "X.....x.....x.......x.....x.....", "hat": "x.x.x.x.x.x.x.x."},
        {
            "kick": "X.....x.X.....x.",
            "rim": "....x.....x.....X.....x.....x...",
            "shaker": "xoxoxoxoxoxoxoxo",
            "pedal hat": "....x.......x...",
        },
    ),
    fills=(
        {"rim": "X.....x...x.x.x."},
        {"snare": "..........o.x.x.", "rim": "X.....x........."},
    ),
    bass=("R-----5-5-----R-", "R-----5-R-----5-"),
    melody=("x-----x-x---x---..x---x-x-------", "..x-x---x-----x-..x-x---x-------"),
    progression="Imaj7 vi7 ii7 V7",
    feel=Feel(swing=0.0, push_ms={"rim": 2.0}, bar_ms=3.0, step_ms=4.0, hit_ms=3.0, dynamics=0.07),
    kick_lock=0.5,
)
