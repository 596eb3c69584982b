"""Presets of a plugin, and what its suggestion makes of the song in figures."""

import numpy as np
import pytest
import soundfile
from browsing import PLUGIN, sound
from playwright.sync_api import expect
from test_studio_page import violations
from test_studio_plugins import choose

from dawg_ai import ask, bundle, platforms
from dawg_ai.audio import held
from dawg_ai.mastering import figures

MASTERING = "mastering"


@pytest.fixture(scope="module")
def song(tmp_path_factory):
    path = tmp_path_factory.mktemp("master") / "song.wav"
    soundfile.write(path, 0.3 * sound(12.0, 44_100, 2, seed=3).T, 44_100, subtype="FLOAT")
    return path


def measured(page) -> list[list[str]]:
    """The table of figures: name with unit, before, after."""
    page.locator(".before-after[aria-busy=false]").wait_for()
    rows = page.locator(".before-after tbody tr").all()
    return [[rows[i].locator("th, td").nth(column).inner_text() for column in range(3)] for i in range(len(rows))]


def expected(path, controls) -> tuple[dict, dict]:
    """What the command line measures before and after."""
    x, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    answer = ask.ask(bundle.load(MASTERING), {"song": [held(np.ascontiguousarray(x.T), rate_hz)]}, controls)
    return figures.measure(held(x.T.copy(), rate_hz)).figures(), figures.measure(answer.sound).figures()


def test_a_platform_is_a_preset_and_its_master_is_measured(studio, song):
    page = studio.page
    studio.song(song)
    choose(studio, MASTERING)
    preset = page.get_by_role("combobox", name="Preset")
    table = platforms.table()
    listed = preset.locator("option").all_inner_texts()
    assert [each.split(":")[0] for each in listed] == ["As set below", *table]
    preset.select_option(label=next(each for each in listed if each.startswith("broadcast")))
    loudness = page.get_by_role("textbox", name="Loudness in LUFS")
    expect(loudness).to_have_value(f"{table['broadcast'].loudness_lufs:.1f}")
    expect(page.get_by_text(table["broadcast"].why)).to_be_visible()
    studio.button("Master").click()
    studio.button("Take all").wait_for()
    rows = measured(page)
    names = ["Loudness LUFS", "Range LU", "True peak dBTP", "PLR dB"]
    assert [name for name, *_ in rows] == names + [f"Width, {band} dB" for band in ("low", "middle", "high")]
    keys = ["integrated_lufs", "range_lu", "true_peak_db", "plr_db"]
    keys += [f"width_{band}_db" for band in ("low", "middle", "high")]
    target = table["broadcast"]
    before, after = expected(song, {"loudness_lufs": target.loudness_lufs, "ceiling_db": target.ceiling_db})
    for key, (_, old, new) in zip(keys, rows, strict=True):
        assert float(old) == pytest.approx(before[key], abs=0.051), key
        assert float(new) == pytest.approx(after[key], abs=0.151), key
    assert float(rows[0][2]) == pytest.approx(target.loudness_lufs, abs=0.11)
    assert violations(page) == {}
    # A control that is moved away leaves the preset, and what is measured follows.
    loudness.fill("-16")
    loudness.press("Enter")
    expect(page.locator(".before-after tbody td").nth(1)).to_have_text("-16.0", timeout=20_000)
    assert preset.input_value() == str(list(table).index("apple"))
    loudness.fill("-17")
    loudness.press("Enter")
    assert preset.input_value() == "-1"


def test_figures_of_another_plugin_and_of_mono(studio, tmp_path):
    path = tmp_path / "mono.wav"
    soundfile.write(path, sound(4.0, 48_000, 1, seed=5)[0], 48_000, subtype="FLOAT")
    studio.song(path)
    choose(studio, PLUGIN)
    studio.suggest("fix")
    rows = measured(studio.page)
    assert [new for _, _, new in rows[4:]] == ["–"] * 3
    assert all(np.isfinite(float(value)) for _, *values in rows[:4] for value in values)
    assert studio.page.get_by_role("combobox", name="Preset").count() == 0
