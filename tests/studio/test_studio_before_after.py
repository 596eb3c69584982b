"""Before and after are in step, whatever the song's rate and however late the chain is."""

import numpy as np
import pytest
import soundfile
from browsing import sound

# Keeps the page's analysers, which hear both sides before the choice between them, in the order before, after.
KEEP = """() => {
    window.kept = [];
    const Made = window.AnalyserNode;
    window.AnalyserNode = class extends Made {
        constructor(...given) {
            super(...given);
            window.kept.push(this);
        }
    };
}"""
BOTH_SIDES = """() => window.kept.slice(-2).map((side) => {
    const samples = new Float32Array(side.fftSize);
    side.getFloatTimeDomainData(samples);
    return [...samples.slice(-4096)];
})"""


def samples_between(before, after):
    """By how many samples the second is behind the first, where their cross-correlation is highest."""
    size = 2 * len(before)
    spectra = [np.fft.rfft(each - np.mean(each), size) for each in (before, after)]
    correlation = np.fft.irfft(np.conj(spectra[0]) * spectra[1])
    lag = int(correlation.argmax())
    return lag - size if lag > size // 2 else lag


def lag_now(page):
    """The lag between both sides, once both are heard; of a few looks, since one may fall between two blocks."""
    lags = []
    for _ in range(100):
        page.wait_for_timeout(50)
        before, after = page.evaluate(BOTH_SIDES)
        if np.std(before) > 1e-3 and np.std(after) > 1e-3:
            lags.append(samples_between(before, after))
        if len(lags) == 3:
            return float(np.median(lags))
    raise AssertionError("nothing is heard")


@pytest.mark.parametrize("rate_hz", [44_100, 48_000])
def test_before_and_after_are_in_step(studio, server, tmp_path, rate_hz):
    song = tmp_path / "song.wav"
    soundfile.write(song, 0.3 * sound(60, rate_hz, 2, seed=4).T, rate_hz, "FLOAT")
    studio.page.add_init_script(f"({KEEP})()")
    studio.open(server.url)
    studio.song(song)
    studio.button("Play").click()
    assert lag_now(studio.page) == 0
    studio.add("limiter")
    studio.page.wait_for_timeout(500)
    assert lag_now(studio.page) == 0
