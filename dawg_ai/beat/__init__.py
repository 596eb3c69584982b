"""Beats: drums, bass and melody of four beats a bar, from styles that are written by hand and from a seed.

    styles/     one file each: patterns, fills, bass lines, rhythms of melodies, and the feel in which they are played
    drums       generate, infill, continue, vary, tap to drums
    feel        humanise: micro-timing and velocity
    harmony     chords as names or roman numerals
    bass, melody    rules over the chords; the bass follows the kick
    arrangement     the parts together, as MIDI and as a recipe of instruments

Notes are `midi.Events`, (count, 4): start and length in beats, pitch, velocity. The grid is sixteenths, four a beat.
"""

STEPS_PER_BEAT = 4
BEATS_PER_BAR = 4
STEPS_PER_BAR = STEPS_PER_BEAT * BEATS_PER_BAR
