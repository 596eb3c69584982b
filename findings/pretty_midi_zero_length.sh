#!/usr/bin/env bash
# pretty_midi drops drum hits whose note-off comes in the same tick.
#
# Versions: pretty_midi 0.2.11.post0, mido 1.3.3, symusic 0.6.0.
# Expected: a note-on followed by its note-off is a note; its length may be 0 ticks. The file format allows a delta time
#   of 0, and a drum hit has no length that anyone would hear.
# Seen: pretty_midi reads no such note, without a warning; symusic reads all of them, with a length of 0.
# Why it matters: drum machines, step sequencers and quantised exports write hits like this. A model of drums trained
#   through pretty_midi never sees them, whole voices vanish from a set, and a plugin that writes them is judged on half
#   of what it played. Count note-ons with mido and compare; write hits at least one tick long.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check \
  pretty_midi==0.2.11.post0 mido==1.3.3 symusic==0.6.0 numpy==2.4.6 'setuptools<81'
cd "$work"
"$work/venv/bin/python" -W ignore - <<'END'
import sys

import mido
import pretty_midi
import symusic

KICK, SNARE = 36, 38
track = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=500_000)])
for _ in range(4):  # kicks of no length, snares of ten ticks
    track.append(mido.Message("note_on", channel=9, note=KICK, velocity=100))
    track.append(mido.Message("note_off", channel=9, note=KICK))
    track.append(mido.Message("note_on", channel=9, note=SNARE, velocity=100, time=240))
    track.append(mido.Message("note_off", channel=9, note=SNARE, time=10))
    track.append(mido.MetaMessage("text", text="", time=230))
file = mido.MidiFile(ticks_per_beat=480)
file.tracks.append(track)
file.save("beat.mid")

written = [message.note for message in mido.MidiFile("beat.mid") if message.type == "note_on" and message.velocity]
pretty = [note.pitch for each in pretty_midi.PrettyMIDI("beat.mid").instruments for note in each.notes]
other = [note.pitch for each in symusic.Score("beat.mid").tracks for note in each.notes]
found = {name: (notes.count(KICK), notes.count(SNARE)) for name, notes in
         {"written": written, "pretty_midi": pretty, "symusic": other}.items()}
if found != {"written": (4, 4), "pretty_midi": (0, 4), "symusic": (4, 4)}:
    sys.exit(f"not as stated: kicks and snares are {found}")
print(f"kicks and snares: {found}")
END
