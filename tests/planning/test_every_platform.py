"""Every file of `planning/platforms` is a platform whose facts have a source. A new one is tested by being there."""

from dataclasses import replace
from datetime import date

import pytest

from dawg_ai.errors import UsageError
from dawg_ai.planning import devices, platform

NAMES = platform.names()
every_platform = pytest.mark.parametrize("name", NAMES)


def test_the_folder_is_the_list():
    assert sorted(NAMES) == sorted(path.stem for path in platform.FOLDER.glob("*.toml"))
    assert {"local_cpu", "kaggle", "colab", "vast"} <= set(NAMES)


@every_platform
def test_its_prices_have_a_date_a_source_and_an_age(name, home):
    place = platform.load(name)
    assert place.title and place.terms and place.prices
    for price in place.prices:
        assert price.source and price.max_age_days > 0 and price.device in devices.known()
        assert price.day <= date(2026, 12, 31)
        assert price.kind == "free" or price.usd_per_hour is None or price.usd_per_hour > 0
        assert price.usd_per_hour is None or price.high_usd_per_hour >= price.usd_per_hour
        assert price.stale(date(2200, 1, 1))
    rows = [(price.device, price.kind, price.offer) for price in place.prices]
    assert len(set(rows)) == len(rows)


@every_platform
def test_a_session_fits_into_its_quota(name, home):
    place = platform.load(name)
    if place.quota_hours is not None and place.session_hours is not None:
        assert place.session_hours - place.margin_hours > place.boot_hours
        assert place.quota_hours > place.boot_hours


def test_a_file_of_ones_own_takes_precedence(tmp_path, monkeypatch):
    text = (platform.FOLDER / "kaggle.toml").read_text().replace("hours_per_week = 30", "hours_per_week = 20")
    (tmp_path / "kaggle.toml").write_text(text)
    monkeypatch.setenv("DAWG_PLATFORMS", str(tmp_path))
    assert platform.load("kaggle").quota_hours == 20
    assert platform.names() == NAMES


GOOD = """
title = "A place"
[terms]
summary = "fine"
[quota]
hours_per_week = 30
[[price]]
device = "T4"
kind = "on-demand"
usd_per_hour = 0.4
date = 2026-11-28
source = "a test"
max_age_days = 30
"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("0.4", "-0.4", "mine.toml: price[0].usd_per_hour is -0.4; expected a number above 0"),
        ("0.4", "0", "mine.toml: price[0].usd_per_hour is 0; expected a number above 0"),
        ("0.4", "nan", "mine.toml: price[0].usd_per_hour is nan; expected a number above 0"),
        ('"T4"', '"RTX 9090"', "mine.toml: price[0].device is 'RTX 9090'; expected one of: RTX 3090, RTX 4090"),
        ("= 30\n[[", "= 0\n[[", "mine.toml: quota.hours_per_week is 0; expected a number above 0"),
        ("2026-11-28", '"soon"', "mine.toml: price[0].date is 'soon'; expected a date such as 2026-11-28"),
        ('"fine"', '" "', "mine.toml: terms.summary is ' '; expected a text"),
        ('source = "a test"\n', "", "mine.toml: price[0].source is missing; expected a text"),
        ("[quota]", "[quotas]", "mine.toml: quotas is not known here; fields that are: fees, inter"),
        ("title =", "titel =", "mine.toml: title is missing; expected a text"),
        ("[[price]]", "[price]", "mine.toml: price is {"),
        ("on-demand", "spot", "mine.toml: price[0].kind is 'spot'; expected one of: free, on-demand, interruptible"),
        ("on-demand", "interruptible", "mine.toml: interruptions.mean_hours_between is missing"),
        ("on-demand", "free", 'mine.toml: price[0].usd_per_hour is 0.4; expected none beside kind = "free"'),
        ("title", "tit le", "mine.toml is not TOML: Expected '='"),
    ],
)
def test_a_wrong_field_is_one_line_with_its_path(tmp_path, old, new, said):
    path = tmp_path / "mine.toml"
    path.write_text(GOOD)
    assert platform.read(path).prices[0].usd_per_hour == 0.4
    assert old in GOOD
    path.write_text(GOOD.replace(old, new, 1))
    with pytest.raises(UsageError) as error:
        platform.read(path)
    assert str(error.value).startswith(said)
    assert "\n" not in str(error.value)


def test_a_missing_price_is_unknown_and_never_nothing(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(GOOD.replace("usd_per_hour = 0.4\n", ""))
    (price,) = platform.read(path).prices
    assert price.usd_per_hour is None and price.high_usd_per_hour is None


def test_a_price_is_stale_the_day_after_its_maximum_age(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(GOOD)
    (price,) = platform.read(path).prices
    assert not price.stale(date(2026, 12, 28)) and price.stale(date(2026, 12, 29))
    assert replace(price, max_age_days=31).age_days(date(2026, 12, 29)) == 31


def test_an_unknown_platform_is_answered_with_those_there_are():
    with pytest.raises(UsageError, match="no platform called 'kagle'; there are: colab, "):
        platform.load("kagle")
