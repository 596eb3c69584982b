"""Before and after: equally loud, drawn as they are."""

import io

import numpy as np
import pytest
import soundfile

from dawg_ai import chain
from dawg_ai.dsp.blocks.spectra.octave_bands import CENTERS_HZ
from dawg_ai.report import render

RATE_HZ = 44_100
NOISE = (0.1 * np.random.default_rng(0).standard_normal((2, 6 * RATE_HZ))).astype(np.float32)
BRIGHT = {"band6_db": 6.0, "band6_hz": 4000.0}


def test_excerpts_are_of_one_place_and_never_clip():
    found = render.excerpts({"soft": NOISE, "loud": 9 * NOISE[:, :-1000]}, RATE_HZ, 2.0)
    soft, loud = (soundfile.read(io.BytesIO(found[name]))[0] for name in ("soft", "loud"))
    assert len(soft) / RATE_HZ == pytest.approx(2.0, abs=0.1)
    assert 0.5 < np.abs(loud).max() <= 1.0
    assert np.corrcoef(soft[5000:50_000, 0], loud[5000:50_000, 0])[0, 1] > 0.8
    assert np.abs(loud).max() / np.abs(soft).max() == pytest.approx(9.0, rel=0.2)


def test_a_song_shorter_than_the_excerpt_is_taken_whole():
    (made,) = render.excerpts({"a": NOISE[:, :RATE_HZ]}, RATE_HZ, 20.0).values()
    assert len(soundfile.read(io.BytesIO(made))[0]) >= RATE_HZ


def test_the_spectrum_shows_what_the_equaliser_did():
    recipe = {"format": 1, "chain": [{"effect": "parametric", "knobs": BRIGHT}]}
    curve_db = render.response_db("parametric", BRIGHT, RATE_HZ, CENTERS_HZ)
    before, after = (render.spectrum_db(audio, RATE_HZ) for audio in (NOISE, chain.render(recipe, NOISE, RATE_HZ)))
    assert curve_db[0] == pytest.approx(0, abs=0.1) and curve_db[-1] == pytest.approx(6, abs=0.2)
    np.testing.assert_allclose(after - before, curve_db - curve_db.mean(), atol=0.1)
    assert np.abs(before[12:] - before[12:].mean()).max() < 12  # white noise: 3 dB per octave in bands of an octave


def test_the_picture_is_written_whole(tmp_path):
    curve = np.linspace(-3, 3, len(CENTERS_HZ))
    spectra = dict.fromkeys(("original", "before", "after", "matched"), curve)
    render.picture(tmp_path / "curve.png", spectra, {"after": curve, "matched": -curve}, curve)
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")
    assert [path.name for path in tmp_path.iterdir()] == ["curve.png"]
