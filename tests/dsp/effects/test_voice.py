"""The singing voice: what its rows say is what is heard."""

import numpy as np
import pytest
from scipy.signal import welch

from dawg_ai.dsp import effect
from dawg_ai.dsp.effect import Processor
from dawg_ai.dsp.effects import voice

RATE = 24_000
SILENT = voice.FLOOR_DB


def rows(frames, pitch=57.0, harmonic=-50.0, noise=SILENT):
    """So many frames; each value may be a number or an array."""
    found = np.zeros((frames, voice.COLUMNS), np.float32)
    found[:, 0] = pitch
    found[:, 1 : 1 + voice.HARMONIC_ANCHORS] = harmonic
    found[:, 1 + voice.HARMONIC_ANCHORS :] = noise
    return found


def sung(curves, rate=RATE, samples=None, **knobs):
    processor = Processor(effect.load("voice"), rate, knobs, 1)
    processor.play(curves)
    return processor.process(np.zeros((1, samples or processor.tail_samples), np.float32))[0].astype(float)


def level_at(x, hz, rate=RATE):
    """Amplitude of a sine, by projection."""
    turns = np.exp(-2j * np.pi * hz * np.arange(len(x)) / rate)
    window = np.hanning(len(x))
    return 2 * abs((x * window) @ turns) / window.sum()


def test_harmonics_have_the_power_of_the_envelope():
    """Each has power per Hz times the distance to the next, whatever the pitch: the filter's, not the source's."""
    frequencies = 700 * (10 ** (np.linspace(0, 2595 * np.log10(1 + 12_000 / 700), 60) / 2595) - 1)
    envelope = -50.0 - frequencies / 400.0
    for pitch in (45.0, 60.5, 79.0):
        f0 = 440.0 * 2 ** ((pitch - 69) / 12)
        x = sung(rows(200, pitch, envelope))[12_000:36_000]
        for k in (1, 2, 5, 9):
            if k * f0 > 8000:
                continue
            expected = np.sqrt(2 * f0 * 10 ** (np.interp(k * f0, frequencies, envelope) / 10))
            assert 20 * np.log10(level_at(x, k * f0) / expected) == pytest.approx(0, abs=0.3), (pitch, k)


def test_noise_has_the_density_of_the_envelope():
    x = sung(rows(800, harmonic=SILENT, noise=-60.0), 48_000)
    frequencies, density = welch(x[4800:-4800], 48_000, nperseg=4096)
    band = (frequencies > 500) & (frequencies < 11_000)
    assert 10 * np.log10(density[band].mean()) == pytest.approx(-60, abs=0.3)
    # What leaks is the window's: 12 dB per octave.
    assert 10 * np.log10(density[frequencies > 14_000].max()) < -85
    correlation = np.corrcoef(x[4800:9600], x[9600:14_400])[0, 1]
    assert abs(correlation) < 0.1, "the noise repeats"


def test_a_note_of_sixty_seconds_does_not_drift():
    pitch = 69.0 + 12 * np.log2(441.3 / 440)  # no whole number of samples or frames
    x = sung(rows(6000, pitch, np.where(np.arange(60) < 14, -50.0, SILENT)))
    f0 = 440 * 2 ** ((np.float64(np.float32(pitch)) - 69) / 12)
    for second in (1, 30, 58):
        part = x[second * RATE : (second + 1) * RATE]
        turns = np.exp(-2j * np.pi * f0 * np.arange(second * RATE, (second + 1) * RATE) / RATE)
        phase = np.angle((part * np.hanning(RATE)) @ turns)
        if second == 1:
            first = phase
        assert np.angle(np.exp(1j * (phase - first))) == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize("rate", [24_000, 44_100])
def test_nothing_aliases(rate):
    """A note near 1 kHz that rises: beside its harmonics there is nothing above -60 dB."""
    f0 = 1000.0
    x = sung(rows(300, 69 + 12 * np.log2(f0 / 440)), rate)[rate : rate + rate // 2 * 2]
    spectrum = np.abs(np.fft.rfft(x * np.blackman(len(x))))
    hz = np.fft.rfftfreq(len(x), 1 / rate)
    between = np.abs((hz / f0) % 1 - 0.5) < 0.45
    assert 20 * np.log10(spectrum[between].max() / spectrum.max()) < -60
    assert 20 * np.log10(spectrum[hz > 12_050].max(initial=1e-12) / spectrum.max()) < -60


def test_note_joints_and_rests_do_not_click():
    """The second difference where pitch leaps, and where the voice begins and ends, beside that of steady notes."""
    falling = -40.0 - 1.2 * np.arange(60)
    steady = max(np.abs(np.diff(sung(rows(60, pitch, falling)), 2))[4800:9600].max() for pitch in (57, 64))
    leap = sung(np.concatenate([rows(50, 57, falling), rows(50, 64, falling)]))
    assert np.abs(np.diff(leap, 2)).max() < 1.5 * steady
    assert leap[0] == 0 and np.abs(leap[:6]).max() < 0.05 * np.abs(leap).max()
    assert np.abs(leap[-6:]).max() < 0.05 * np.abs(leap).max()


def test_formants_brightness_and_breath_do_what_they_say():
    peak = -80.0 + 30 * np.exp(-0.5 * ((np.arange(60) - 20) / 2) ** 2)
    centre = voice.hertz(voice.MELS * 20 / 59)

    def strongest(**knobs):
        frequencies, density = welch(sung(rows(300, 40, peak), **knobs)[2400:-2400], RATE, nperseg=4800)
        return frequencies[density.argmax()], density, frequencies

    assert strongest()[0] == pytest.approx(centre, rel=0.06)
    assert strongest(formant_semitones=7)[0] == pytest.approx(centre * 2 ** (7 / 12), rel=0.06)
    flat, bright = (sung(rows(200, 45), brightness_db=db)[4800:-4800] for db in (0.0, 6.0))
    for hz in (220.0, 4400.0):
        gain_db = 20 * np.log10(level_at(bright, hz) / level_at(flat, hz))
        assert gain_db == pytest.approx(6 * np.clip(np.log2(hz / 1000), -2, 2), abs=0.3)

    def harmonic_to_noise_db(percent):
        x = sung(rows(300, 57, -50, -80), breath_percent=percent)[4800:-4800]
        spectrum = np.abs(np.fft.rfft(x * np.hanning(len(x)))) ** 2
        hz = np.fft.rfftfreq(len(x), 1 / RATE)
        near = np.abs((hz / 220 + 0.5) % 1 - 0.5) * 220 < 5
        low = (hz > 100) & (hz < 8000)
        return 10 * np.log10(spectrum[near & low].sum() / spectrum[~near & low].sum())

    ratios = [harmonic_to_noise_db(percent) for percent in (0, 10, 40, 80)]
    assert np.all(np.diff(ratios) < -3), ratios


def test_a_jump_gives_the_same_samples():
    curves = rows(100, 57 + np.sin(np.arange(100) / 5), noise=-70)
    whole = sung(curves, 44_100)
    processor = Processor(effect.load("voice"), 44_100, {}, 1)
    processor.play(curves)
    processor.process(np.zeros((1, 5000), np.float32))
    for start in (20_000, 3, 41_234):
        processor.memory["position"][0] = start
        part = processor.process(np.zeros((1, 2000), np.float32))[0]
        np.testing.assert_array_equal(part, whole[start : start + 2000].astype(np.float32))


def test_rows_in_several_calls_are_the_same():
    curves = rows(60, 57 + np.cos(np.arange(60)), noise=-70)
    processor = Processor(effect.load("voice"), RATE, {}, 1)
    for part in (curves[:7], curves[7:8], curves[8:]):
        processor.play(part)
    found = processor.process(np.zeros((1, processor.tail_samples), np.float32))[0]
    np.testing.assert_array_equal(found, sung(curves).astype(np.float32))
