"""What a bundle tells people: whom to thank, on which terms, and how to make it again."""

from dataclasses import replace

from dawg_ai import __version__
from dawg_ai.export import card
from dawg_ai.registry import load

MADE = {
    "command": "dawg train auto_gain --data demo --split 1 --seed 2",
    "date": "2026-01-02",
    "torch": "2.9.0",
    "split": 1,
    "seed": 2,
    "items": {"train": "30 clips, 1234", "valid": "5 clips, 5678"},
}


def clip(name, group, spdx, holder="", source="", title=""):
    return {"id": name, "group": group, "spdx": spdx, "holder": holder, "source": source, "title": title}


def test_every_clip_is_listed_once_below_its_group(toys):
    clips = [
        clip("x/3", "b", "CC-BY-4.0", "Bea", "https://b.example", "Third"),
        clip("x/2", "a", "CC0-1.0", title="Second"),
        clip("x/1", "a", "CC-BY-4.0", "Abe"),
    ]
    assert card.licences(load("auto_gain"), clips) == (
        "# What auto_gain was made from\n\n3 clips to train, choose and test it with; thanks to all who made them."
        "\n\nThe weights are under CC-BY-4.0: clips ask for the names of their makers, which are below."
        "\n\n- CC-BY-4.0: 2 <https://creativecommons.org/licenses/by/4.0/>"
        "\n- CC0-1.0: 1 <https://creativecommons.org/publicdomain/zero/1.0/>\n"
        "\n## a\n\n- x/1 by Abe: CC-BY-4.0\n- Second: CC0-1.0\n"
        "\n## b\n\n- Third by Bea: CC-BY-4.0; https://b.example\n"
    )


def test_the_card_says_what_it_does_how_it_was_made_and_how_good_it_is(toys):
    plugin = replace(load("auto_gain"), summary="Levels songs.")
    text = card.card(plugin, MADE, "CC-BY-4.0", {"table": "| good |", "command": "dawg evaluate auto_gain"})
    lines = text.splitlines()
    assert lines[:3] == ["# auto_gain", "", "Levels songs."]
    assert "- **fix**: to -18 dB" in lines and "Licence of the weights: CC-BY-4.0." in lines
    made = f"2026-01-02, dawg-ai {__version__}, PyTorch 2.9.0, train: 30 clips, valid: 5 clips."
    assert made in lines
    at = lines.index(MADE["command"])
    assert lines[at - 1 : at + 3] == ["```", MADE["command"], "dawg export auto_gain --split 1 --seed 2", "```"]
    assert lines[-5:] == ["| good |", "", "```", "dawg evaluate auto_gain", "```"]
    assert "Not evaluated." in card.card(plugin, MADE, "CC-BY-4.0", None)
