"""Every machine draws the same parts, of the sizes asked for."""

from collections import Counter

import pytest

from dawg_ai.data.split import part


def test_the_draw_is_the_same_on_every_machine():
    # Pinned: a change here would move songs between training and test.
    groups = ["wesnoth-1.16-music", "supertux-data", "0ad-data", "Ada / First Songs", "été"]
    assert [part(group) for group in groups] == PINNED[0]
    assert [part(group, split=1) for group in groups] == PINNED[1]


PINNED = {
    0: ["train", "train", "test", "test", "train"],
    1: ["train", "valid", "test", "train", "train"],
}


def test_the_shares_are_as_asked_for():
    drawn = Counter(part(f"artist {number}") for number in range(10_000))
    assert abs(drawn["test"] / 10_000 - 0.20) < 0.02
    assert abs(drawn["valid"] / 10_000 - 0.15) < 0.02
    moved = sum(part(f"artist {number}", split=1) != part(f"artist {number}") for number in range(10_000))
    assert 0.4 < moved / 10_000 < 0.6  # two independent draws differ for 1 - (0.65^2 + 0.2^2 + 0.15^2) = 51 %


@pytest.mark.parametrize("group", ["", "wesnoth-1.16-music", "Ada / First Songs", "été", "0:0"])
def test_the_ends_of_the_scale(group: str):
    assert part(group, valid=0.0, test=1.0) == "test"
    assert part(group, valid=1.0, test=0.0) == "valid"
    assert part(group, valid=0.0, test=0.0) == "train"


def test_more_test_material_never_takes_any_back():
    groups = [f"artist {number}" for number in range(1000)]
    few = {group for group in groups if part(group, test=0.1) == "test"}
    many = {group for group in groups if part(group, test=0.3) == "test"}
    assert few < many
