"""`dawg sing`, with the voice that ships: what is asked for is in the file."""

import json

import numpy as np
import pytest

from dawg_ai import audio, midi
from dawg_ai.cli import main
from dawg_ai.singing import harmony, melody
from dawg_ai.singing.voices import names


@pytest.fixture
def sing(home, tmp_path, capsys):
    """Call it with notes (start, length, pitch in beats at 60 bpm) and words; returns figures, sound and rate."""

    def run(notes, *words, code=0):
        track = midi.Track(np.array([[start, length, pitch, 0.63] for start, length, pitch in notes]))
        midi.write(tmp_path / "melody.mid", midi.File((track,), ((0.0, 60.0),)))
        out = tmp_path / "out.wav"
        found = main(["sing", str(tmp_path / "melody.mid"), str(out), *words, "--json"])
        said = capsys.readouterr()
        assert found == code, said.err
        if code:
            return said.err
        return json.loads(said.out), *audio.read(out)

    return run


def level_db(x, rate, low_hz, high_hz):
    spectrum = np.abs(np.fft.rfft(x * np.hanning(len(x)))) ** 2
    hz = np.fft.rfftfreq(len(x), 1 / rate)
    return 10 * np.log10(spectrum[(hz >= low_hz) & (hz < high_hz)].sum() + 1e-20)


def test_syllables_are_sung_at_their_time_and_pitch(sing):
    figures, sound, rate = sing(
        [(0.5, 1, 57), (1.5, 1, 60)], "--syllables", "sa ku", "--drift", "0", "--vibrato", "0"
    )
    assert sound.shape[0] == 1 and rate == 44_100 and figures["notes"] == 2
    assert [phoneme for *_, phoneme in figures["phonemes"]] == ["pau", "s", "a", "k", "u", "pau"]
    begins = {phoneme: start for start, _, phoneme in figures["phonemes"][1:-1]}
    assert begins["a"] == pytest.approx(0.5, abs=0.011) and begins["s"] < 0.45 < begins["a"]
    x = sound[0].astype(float)
    for start_s, pitch in ((0.8, 57), (1.8, 60)):  # autocorrelation at the period, by sample
        part = x[int(start_s * rate) : int((start_s + 0.3) * rate)]
        f0 = 440 * 2 ** ((pitch - 69) / 12)
        assert figures["f0_hz"][round(100 * start_s)] == pytest.approx(f0, rel=1e-3)
        lag = round(rate / f0)
        assert np.corrcoef(part[:-lag], part[lag:])[0, 1] > 0.9
    # An s is noise above 4 kHz; a vowel is loudest below.
    s, a = x[int(0.43 * rate) : int(0.48 * rate)], x[int(0.8 * rate) : int(1.2 * rate)]
    assert level_db(s, rate, 4000, 12_000) > level_db(s, rate, 100, 2000) + 6
    assert level_db(a, rate, 100, 2000) > level_db(a, rate, 4000, 12_000) + 6


def test_the_same_command_gives_the_same_bytes_and_another_seed_others(sing):
    notes = [(0.2, 0.6, 55)]
    one, same, other = (sing(notes, "--seed", seed)[1] for seed in ("1", "1", "2"))
    np.testing.assert_array_equal(one, same)
    assert np.abs(one - other).max() > 1e-3


def test_breath_is_noise_between_the_harmonics(sing):
    def noise_db(percent):
        _, sound, rate = sing([(0.2, 1.5, 57)], "--breath", percent, "--vibrato", "0", "--drift", "0")
        x = sound[0][int(0.6 * rate) : int(1.6 * rate)].astype(float)
        return max(level_db(x, rate, 330 - 20, 330 + 20), -300) - level_db(x, rate, 200, 240)

    assert noise_db("60") > noise_db("0") + 6


@pytest.mark.parametrize(("kind", "parts"), [("third", 2), ("choir", 4)])
def test_harmonies_add_parts(sing, kind, parts):
    figures, sound, _ = sing([(0.2, 0.5, 57)], "--harmony", kind)
    assert (
        figures["parts"] == parts and np.isfinite(sound).all() and np.abs(sound).max() == pytest.approx(0.5, abs=1e-3)
    )


def test_harmonies_stay_in_the_key():
    d_major = np.float32([[i, 1, pitch, 1, 0, 0] for i, pitch in enumerate((62, 64, 66, 67, 69, 71, 73, 74))])
    assert harmony.key(d_major) == 2
    third = harmony.parts(d_major, ["third"], 0)[1].notes[:, melody.PITCH]
    assert third.tolist() == [66, 67, 69, 71, 73, 74, 76, 78]
    octave = harmony.parts(d_major, ["octave"], 0)[1].notes[:, melody.PITCH]
    assert (octave - d_major[:, 2] == 12).all()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--syllables", "xyz"], "'xyz' is no syllable that can be sung"),
        (["--voice", "nobody"], "there is no voice 'nobody'; there are: "),
        (["--harmony", "tenth"], "there is no harmony 'tenth'; there are: third, fifth"),
        (["--rate", "16000"], "--rate is 16000; expected 24000 Hz or more"),
        (["--vibrato", "900"], "vibrato_cents is 900"),
        (["--seed", "-1"], "--seed is -1; expected 0 to 1000000"),
    ],
)
def test_what_cannot_be_sung_is_refused(sing, words, message):
    assert message in sing([(0.2, 0.5, 57)], *words, code=2)


def test_the_shipped_voice_is_small_and_says_what_it_was_learned_from(home):
    from dawg_ai import bundle

    assert "pjs" in names()
    folder = bundle.SHIPPED / "vocals"
    assert sum(path.stat().st_size for path in folder.iterdir()) <= 3_000_000
    declared = json.loads((folder / "plugin.json").read_text())
    assert declared["licence"] == "CC-BY-SA-4.0"
    assert "Junya Koguchi" in (folder / "LICENCES.md").read_text("utf-8")
