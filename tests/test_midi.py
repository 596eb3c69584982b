"""MIDI files, beside bytes written by hand from the specification (Standard MIDI Files 1.0)."""

import mido
import numpy as np
import pytest

from dawg_ai import midi, notes
from dawg_ai.errors import UsageError


def chunk(kind, body):
    return kind + len(body).to_bytes(4, "big") + body


def smf(*tracks, kind=1, ppq=96):
    header = b"".join(value.to_bytes(2, "big") for value in (kind, len(tracks), ppq))
    return chunk(b"MThd", header) + b"".join(chunk(b"MTrk", track + b"\x00\xff\x2f\x00") for track in tracks)


def tempo(bpm):
    return b"\xff\x51\x03" + round(60e6 / bpm).to_bytes(3, "big")


@pytest.fixture
def read(tmp_path):
    def of(*tracks, **how):
        path = tmp_path / "song.mid"
        path.write_bytes(smf(*tracks, **how))
        return midi.read(path)

    return of


def test_running_status_velocity_0_overlaps_and_length_0(read):
    # 60 on, on again 10 ticks later, both off by velocity 0 and running status; then a hit whose off is at its tick.
    (melody, drums) = read(
        b"\x00\x90\x3c\x40\x0a\x3c\x7f\x26\x3c\x00\x30\x3c\x00" + b"\x00\x99\x24\x64\x00\x24\x00",
    ).tracks
    np.testing.assert_allclose(melody.notes * [96, 96, 1, 127], [[0, 48, 60, 64], [10, 86, 60, 127]])
    assert drums.channel == midi.DRUM_CHANNEL
    np.testing.assert_allclose(drums.notes * [96, 96, 1, 127], [[96, 1, 36, 100]])


def test_a_note_without_an_end_lasts_as_long_as_its_track(read):
    ((track,), end) = (file := read(b"\x00\x90\x3c\x40\x60\x90\x3e\x40\x10\x80\x3e\x00")).tracks, file.length_beats
    np.testing.assert_allclose(track.notes[:, 1] * 96, [112, 16])
    assert end == 112 / 96


def test_tempo_changes_count_on_any_track(read):
    first, late = b"\x00" + tempo(120), b"\x81\x40" + tempo(60)  # the second after 192 ticks, on a track of its own
    file = read(first, b"\x83\x00\x90\x3c\x40\x60\x80\x3c\x00", late)
    assert file.tempos == ((0.0, 120.0), (2.0, 60.0))
    np.testing.assert_allclose(file.seconds(file.tracks[0].notes[:, 0]), [3.0])
    (note,) = notes.of_midi(file)
    np.testing.assert_allclose(note[:2], [3.0, 1.0])


def test_names_programs_and_time_signatures(read):
    file = read(
        b"\x00\xff\x58\x04\x03\x02\x18\x08" + b"\x00\xff\x03\x04Bass\x00\xc1\x21\x00\x91\x28\x40\x18\x81\x28\x40"
    )
    assert file.signatures == ((0.0, 3, 4),)
    assert (file.tracks[0].name, file.tracks[0].channel, file.tracks[0].program) == ("Bass", 1, 33)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "is no MIDI file"),
        (b"RIFF0000WAVE", "is no MIDI file"),
        (smf(b"\x00\x90\x3c\x40")[:-6], "is damaged"),
        (smf(b"", ppq=0xE728), "SMPTE"),
    ],
)
def test_what_is_no_midi_is_refused_in_words(tmp_path, content, complaint):
    path = tmp_path / "x.mid"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=complaint):
        midi.read(path)
    with pytest.raises(UsageError, match="cannot be read"):
        midi.read(tmp_path / "none.mid")


def some(seed=0, count=60):
    """Notes of few pitches, so that many overlap, off the grid, some before the start."""
    rng = np.random.default_rng(seed)
    columns = [rng.uniform(-0.1, 8, count), rng.uniform(0, 1.5, count), rng.choice([36, 38, 42], count)]
    return midi.merged([np.stack([*columns, rng.integers(1, 128, count) / 127], axis=1)])


def test_what_is_written_is_read_again_to_the_tick(tmp_path):
    path = tmp_path / "out.mid"
    tracks = midi.Track(some(), "Drums", midi.DRUM_CHANNEL), midi.Track(some(1)[:3], "Bass", 1, 38)
    file = midi.File(tracks, ((0.0, 96.0), (4.0, 97.5)), ((0.0, 4, 4),), 12.0)
    midi.write(path, file)
    again = midi.read(path)
    assert [(t.name, t.channel, t.program) for t in again.tracks] == [("Drums", 9, 0), ("Bass", 1, 38)]
    assert again.length_beats == 12.0 and again.signatures == file.signatures
    np.testing.assert_allclose([bpm for _, bpm in again.tempos], [96.0, 97.5], rtol=1e-5)
    for before, after in zip(tracks, again.tracks, strict=True):
        kept = before.notes
        np.testing.assert_allclose(after.notes[:, 0], np.maximum(kept[:, 0], 0), atol=0.51 / midi.PPQ)
        np.testing.assert_array_equal(after.notes[:, 2], kept[:, 2])
        np.testing.assert_allclose(after.notes[:, 3], kept[:, 3])
    content = path.read_bytes()
    midi.write(path, again)
    assert path.read_bytes() == content, "the same notes give the same bytes"


def test_every_note_ends_before_its_pitch_sounds_again(tmp_path):
    path = tmp_path / "out.mid"
    midi.write(path, midi.File((midi.Track(some(3, 200)),), length_beats=8.0))
    ons: dict[int, int] = {}
    for message in mido.MidiFile(path).tracks[1]:
        if message.type in ("note_on", "note_off"):
            ons[message.note] = ons.get(message.note, 0) + (1 if message.type == "note_on" else -1)
            assert 0 <= ons[message.note] <= 1
    assert set(ons.values()) == {0}
