"""Six styles as data: what is played. How it sounds stands in `sounds.py`.

Patterns are sixteenths. Drums and chords: `X` accent, `x` normal, `o` ghost. Bass: `R` root, `5` fifth, `8` octave,
`a` step to the next root. Arps: chord notes by number. `-` holds, `.` rests.
"""

from dataclasses import dataclass

from dawg_ai.data.compose.score import Section

Groove = dict[str, str]
Form = tuple[Section, ...]

DRUMS = "kick snare hats"


def section(name: str, bars: int, energy: float, players: str) -> Section:
    """A section whose players are given as words."""
    return Section(name, bars, frozenset(players.split()), energy)


@dataclass(frozen=True)
class Style:
    """What a style plays. Progressions are degrees of the scale, one per bar, 0 = tonic."""

    tempo_bpm: tuple[float, float]
    swing: tuple[float, float]  # how late every second sixteenth is, in sixteenths
    looseness: float  # standard deviation of timing, in sixteenths
    scales: tuple[str, ...]
    progressions: tuple[tuple[int, ...], ...]
    chord_size: int
    chord_centre: int  # MIDI pitch
    forms: tuple[Form, ...]
    grooves: tuple[Groove, ...]
    fills: bool
    bass_lines: tuple[str, ...]
    comping: tuple[str, ...]
    melodies: tuple[str, ...]  # two bars
    lift: int  # octaves the tune rises in the chorus
    arps: tuple[str, ...]


STYLES = {
    "house": Style(
        tempo_bpm=(118, 128),
        swing=(0.0, 0.15),
        looseness=0.01,
        scales=("minor", "dorian"),
        progressions=((0, 5, 2, 6), (0, 3, 5, 4), (0, 6, 5, 6), (5, 6, 0, 0)),
        chord_size=4,
        chord_centre=62,
        forms=(
            (
                section("intro", 4, 0.85, "kick hats chords"),
                section("verse", 4, 0.92, f"{DRUMS} bass chords"),
                section("chorus", 8, 1.0, f"{DRUMS} bass chords pad melody"),
                section("break", 4, 0.8, "hats chords pad melody"),
                section("chorus", 4, 1.0, f"{DRUMS} bass chords pad arp melody"),
            ),
            (
                section("intro", 4, 0.85, "kick hats arp"),
                section("verse", 8, 0.92, f"{DRUMS} bass chords arp"),
                section("break", 4, 0.8, "snare pad chords arp"),
                section("chorus", 8, 1.0, f"{DRUMS} bass chords pad melody arp"),
            ),
        ),
        grooves=(
            {
                "kick": "X...X...X...X...",
                "clap": "....X.......X...",
                "hat": "x.o.x.ox.oo.x.o.",
                "openhat": "..X...X...X...X.",
                "shaker": "oxoxoxoxoxoxoxox",
            },
            {
                "kick": "X...X...X...X..o",
                "clap": "....X.......X..o",
                "openhat": "..X...X...X...X.",
                "ride": "x.o.x.o.x.o.x.o.",
                "shaker": "xoxoxoxoxoxoxoxo",
            },
            {
                "kick": "X...X...X...X...",
                "snare": "....X..o.o..X...",
                "hat": "oxXxoxXxoxXxoxXx",
                "rim": "...x..x...x..x..",
            },
        ),
        fills=True,
        bass_lines=("..R-..R-..R-..8.", "R..R..R-..8.R.5.", "..RR..R8..RR..58", "R-.R-.8.R-.R-.a."),
        comping=("X..x..x...X..x..", "..X-..x...X-..x.", "X---..x-..x-..x.", "x..X...x..X..x.."),
        melodies=(
            "X..x..x-..x.x---....x..x..x-....",
            "....x.x.x--.x-......x.x.x-x-x---",
            "x-x-..x-..x---..x-x-..x-x-------",
        ),
        lift=1,
        arps=("0.1.2.3.4.3.2.1.", "0120312403120432", "0.2.4.1.3.2.0.3."),
    ),
    "hiphop": Style(
        tempo_bpm=(80, 94),
        swing=(0.15, 0.42),
        looseness=0.05,
        scales=("minor", "dorian"),
        progressions=((0, 3), (0, 5, 3, 4), (3, 0), (0, 6, 5, 4), (1, 4, 0, 5)),
        chord_size=4,
        chord_centre=60,
        forms=(
            (
                section("intro", 2, 0.75, "hats chords melody"),
                section("verse", 6, 0.9, f"{DRUMS} bass chords"),
                section("chorus", 4, 1.0, f"{DRUMS} bass chords melody pad"),
                section("break", 2, 0.75, "kick bass pad melody"),
                section("chorus", 4, 1.0, f"{DRUMS} bass chords melody arp"),
            ),
            (
                section("intro", 2, 0.8, "chords arp"),
                section("verse", 8, 0.9, f"{DRUMS} bass chords arp"),
                section("chorus", 6, 1.0, f"{DRUMS} bass chords melody"),
                section("break", 2, 0.75, "snare hats chords melody"),
            ),
        ),
        grooves=(
            {"kick": "X......x..X.....", "snare": "....X..o....X...", "hat": "x.x.x.x.x.x.x.xo"},
            {
                "kick": "X..x......X..x..",
                "snare": "....X..o.o..X...",
                "hat": "x.xox.x.x.x.x.xx",
                "rim": "..........x.....",
            },
            {
                "kick": "X.....x.x.X.....",
                "snare": "....X.......X..o",
                "hat": "xoxoxoxoxoxoxxxx",
                "openhat": "......x.........",
            },
            {
                "kick": "X.x....x..X...x.",
                "clap": "....X.......X...",
                "hat": "x.x.xxx.x.x.x.xx",
                "shaker": "..o...o...o...o.",
            },
        ),
        fills=False,
        bass_lines=("R------.R.--..5-", "R-----R-..8-..a-", "R---..R---..5-a-", "R--R------..R-5-"),
        comping=("X-------x-..x---", "X--x----..x-----", "..X---..x--.x---", "X---------x-x-.."),
        melodies=(
            "x-..x-x-x-----..x-..x-x---------",
            "..x-x-.x-.x---....x-x-.x-x------",
            "x---..x-x-..x---..x-..x---------",
        ),
        lift=0,
        arps=("0-..2-..3-..1-..", "..3.2.1...3.2.0.", "0..2..3..2..1..."),
    ),
    "rock": Style(
        tempo_bpm=(112, 140),
        swing=(0.0, 0.0),
        looseness=0.045,
        scales=("major", "mixolydian", "minor"),
        progressions=((0, 4, 5, 3), (0, 3, 0, 4), (5, 3, 0, 4), (0, 6, 3, 0), (0, 2, 3, 4)),
        chord_size=3,
        chord_centre=55,
        forms=(
            (
                section("intro", 4, 0.9, "chords kick hats"),
                section("verse", 8, 0.9, f"{DRUMS} bass chords"),
                section("chorus", 4, 1.0, f"{DRUMS} bass chords melody pad"),
                section("break", 4, 0.85, "kick hats bass arp pad"),
                section("chorus", 6, 1.0, f"{DRUMS} bass chords melody pad"),
            ),
            (
                section("intro", 4, 1.0, f"{DRUMS} bass chords melody"),
                section("verse", 8, 0.9, f"{DRUMS} bass arp"),
                section("chorus", 6, 1.0, f"{DRUMS} bass chords melody"),
                section("break", 2, 0.85, "chords snare"),
                section("chorus", 6, 1.0, f"{DRUMS} bass chords melody pad"),
            ),
        ),
        grooves=(
            {"kick": "X.....x.X.......", "snare": "....X.......X...", "hat": "X.x.X.x.X.x.X.x."},
            {"kick": "X..x....X.x.....", "snare": "....X..o....X..o", "hat": "X.x.X.x.X.x.X.x."},
            {"kick": "X.x...x.X.x...x.", "snare": "....X.......X...", "ride": "X.x.X.x.X.x.X.x."},
            {"kick": "X.......X.x.....", "snare": "....X.......X.o.", "openhat": "X...X...X...X..."},
        ),
        fills=True,
        bass_lines=("R-R-R-R-R-R-R-R-", "R---R-R-R---R-a-", "R-R-R-5-R-R-8-a-", "R---..R-R---5-a-"),
        comping=("X-----x-x-------", "X-x-x-x-X-x-x-x-", "X---x---X---x-x-", "X---------x-x---"),
        melodies=(
            "x---x-x-x-------x---x-x---------",
            "..x-x-x---x-x-....x-x-x-x-------",
            "x-----x-x---x---x-----x-x-------",
        ),
        lift=0,
        arps=("0-1-2-3-2-1-0-2-", "0-2-1-3-2-4-3-2-", "3-2-1-0-3-2-1-2-"),
    ),
    "ambient": Style(
        tempo_bpm=(62, 76),
        swing=(0.0, 0.0),
        looseness=0.08,
        scales=("lydian", "major", "dorian", "minor"),
        progressions=((0, 3), (0, 4, 1, 3), (0, 5, 3, 5), (3, 0, 4, 0), (0, 1)),
        chord_size=5,
        chord_centre=62,
        forms=(
            (
                section("intro", 2, 0.8, "pad arp"),
                section("verse", 4, 0.9, "pad bass chords hats"),
                section("chorus", 4, 1.0, "pad bass chords melody arp kick hats"),
                section("break", 2, 0.85, "pad melody"),
                section("outro", 2, 0.9, "pad bass arp chords"),
            ),
            (
                section("intro", 2, 0.8, "pad chords"),
                section("verse", 4, 0.9, "pad bass melody hats"),
                section("break", 2, 0.85, "pad chords arp"),
                section("chorus", 6, 1.0, "pad bass arp melody kick hats"),
            ),
        ),
        grooves=(
            {"kick": "X...............", "shaker": "..o...o...x...o.", "ride": "........o......."},
            {"kick": "X.........x.....", "hat": "....o.......o.o.", "shaker": "x..o..x...x..o.."},
            {"kick": "X.......o.......", "shaker": "x.o.x.o.x.o.x.o.", "ride": "....o..........."},
        ),
        fills=False,
        bass_lines=("R---------------", "R-------..5-----", "R-----------8---"),
        comping=("X---------------", "X-------x-------", "....X-----------"),
        melodies=(
            "x-----x---------....x---x-------",
            "....x---x-----x---------x-------",
            "x---------x---..x---..x---------",
        ),
        lift=1,
        arps=("0..1..2..3..4...", "0...3...1...4...", "4.3.2.1.0...2..."),
    ),
    "funk": Style(
        tempo_bpm=(98, 114),
        swing=(0.05, 0.25),
        looseness=0.03,
        scales=("dorian", "mixolydian"),
        progressions=((0, 3), (0, 0, 3, 3), (1, 4, 0, 0), (0, 6, 3, 4), (3, 4, 0, 0)),
        chord_size=4,
        chord_centre=64,
        forms=(
            (
                section("intro", 2, 0.9, f"{DRUMS} chords"),
                section("verse", 8, 0.92, f"{DRUMS} bass chords"),
                section("chorus", 4, 1.0, f"{DRUMS} bass chords melody pad"),
                section("break", 4, 0.88, "kick hats bass arp"),
                section("chorus", 4, 1.0, f"{DRUMS} bass chords melody pad arp"),
            ),
            (
                section("intro", 4, 0.9, "bass hats kick arp"),
                section("verse", 6, 0.92, f"{DRUMS} bass chords arp"),
                section("chorus", 4, 1.0, f"{DRUMS} bass chords melody"),
                section("break", 2, 0.88, "snare hats chords"),
                section("chorus", 6, 1.0, f"{DRUMS} bass chords melody pad"),
            ),
        ),
        grooves=(
            {"kick": "X..x......x..x..", "snare": "....X..o.o..X..o", "hat": "xoxoxoxoxoxoxoxo"},
            {
                "kick": "X.x.......x.x...",
                "snare": "....X..o.o.oX...",
                "hat": "x.xxx.xxx.xxx.xx",
                "openhat": "......x.......x.",
            },
            {
                "kick": "X..x..x...x..x..",
                "clap": "....X.......X...",
                "hat": "oxXxoxXxoxXxoxXx",
                "rim": "..x..x....x..x..",
            },
        ),
        fills=True,
        bass_lines=("R..R..8.R.5.8.a.", "R-.8..R.R.8.5.a.", "R.RR..8..R.R5.8a", "R--..R8...R.5.a."),
        comping=("..x.x..x..x.x..x", "x.xx.x.xx.xx.x.x", "....X..x....X.x.", "x..x..x.x..x..x."),
        melodies=(
            "x.x-..x.x-x-....x.x-..x-x-------",
            "..x-x.x-..x.x---..x-x.x-x-x-----",
            "x-..x.x.x---....x-..x.x-x---x---",
        ),
        lift=0,
        arps=("0.23.1.20.23.1.4", "..2.3...2.3.1...", "0..0..3.2..2..1."),
    ),
    "synthwave": Style(
        tempo_bpm=(86, 110),
        swing=(0.0, 0.0),
        looseness=0.008,
        scales=("minor", "dorian", "minor"),
        progressions=((0, 5, 2, 6), (5, 6, 0, 0), (0, 2, 6, 3), (0, 6, 5, 6), (0, 3, 5, 6)),
        chord_size=3,
        chord_centre=60,
        forms=(
            (
                section("intro", 4, 0.85, "arp pad kick"),
                section("verse", 4, 0.92, f"{DRUMS} bass arp pad"),
                section("chorus", 4, 1.0, f"{DRUMS} bass chords pad melody arp"),
                section("break", 4, 0.85, "pad melody hats"),
                section("chorus", 4, 1.0, f"{DRUMS} bass chords pad melody arp"),
            ),
            (
                section("intro", 2, 0.85, "bass pad hats"),
                section("verse", 6, 0.92, f"{DRUMS} bass pad chords"),
                section("chorus", 6, 1.0, f"{DRUMS} bass chords pad melody"),
                section("break", 2, 0.85, "arp pad snare"),
                section("chorus", 4, 1.0, f"{DRUMS} bass chords pad melody arp"),
            ),
        ),
        grooves=(
            {"kick": "X...X...X...X...", "snare": "....X.......X...", "hat": "x.x.x.x.x.x.x.x."},
            {"kick": "X.....x.X.......", "snare": "....X.......X...", "hat": "xoxoxoxoxoxoxoxo"},
            {
                "kick": "X.......X.x.....",
                "snare": "....X.......X...",
                "hat": "x.o.x.o.x.o.x.oo",
                "openhat": "..x...x...x...x.",
            },
        ),
        fills=True,
        bass_lines=("RRRRRRRRRRRRRRRR", "R.RRR.RRR.RRR.R8", "RR8RRR8RRR8RRR8R", "R-8-R-8-R-8-R-8-"),
        comping=("X-----x-----x---", "X---------------", "X--x--x---x--x--"),
        melodies=(
            "x-----x-x-------x---x---x-------",
            "..x---x-x---x---..x---x---------",
            "x---x---x-x-x---------x---------",
        ),
        lift=1,
        arps=("0123012301230123", "0.1.2.3.2.1.0.2.", "0213021302130214", "0312431203124312"),
    ),
}

FIRST_WORDS = (
    "Silver Distant Paper Golden Quiet Electric Northern Velvet Broken Summer Hidden Second Open Amber".split()
)
SECOND_WORDS = (
    "Harbour Lines Mirror Season Avenue Garden Signal Rooms Thunder Letters Motion River Glass Hours".split()
)
