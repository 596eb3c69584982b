"""The readable parts of a bundle: model card, and licences of all clips."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from dawg_ai import __version__
from dawg_ai.plugin import Plugin


def licences(plugin: Plugin, clips: Sequence[Mapping[str, Any]]) -> str:
    """LICENCES.md: licence, holder and source of every clip, by group.

    Args:
        plugin: the plugin.
        clips: content of the run's clips.json.
    """
    lines = [f"# What {plugin.name} was made from", ""]
    lines += [f"{len(clips)} clips to train, choose and test it with; thanks to all who made them.", ""]
    counts = Counter(clip["spdx"] for clip in clips)
    lines += [f"- {spdx}: {count}" for spdx, count in counts.most_common()]
    group = None
    for clip in sorted(clips, key=lambda clip: (clip["group"], clip["id"])):
        if clip["group"] != group:
            group = clip["group"]
            lines += ["", f"## {group}", ""]
        by = f" by {clip['holder']}" if clip["holder"] else ""
        source = f"; {clip['source']}" if clip["source"] else ""
        lines.append(f"- {clip['title'] or clip['id']}{by}: {clip['spdx']}{source}")
    return "\n".join(lines) + "\n"


def card(plugin: Plugin, made: Mapping[str, Any], licence: str, evaluation: Mapping[str, Any] | None) -> str:
    """CARD.md: purpose, training data, evaluation, and the commands that reproduce them.

    Args:
        plugin: the plugin.
        made: how it was trained, as the bundle declares it.
        licence: SPDX expression for the weights.
        evaluation: the result of `evaluation.run.evaluate`, if there is one.
    """
    modes = [f"- **{mode.name}**: {mode.summary}" for mode in plugin.modes]
    measured = ["Not evaluated."]
    if evaluation:
        measured = [evaluation["table"], "", "```", evaluation["command"], "```"]
    return "\n".join(
        [
            f"# {plugin.name}",
            "",
            f"{plugin.summary.rstrip('.')}.",
            "",
            *modes,
            "",
            "## Made",
            "",
            f"{made['date']}, dawg-ai {__version__}, PyTorch {made['torch']}, {_items(made)}.",
            f"Licence of the weights: {licence}.",
            "",
            "```",
            made["command"],
            f"dawg export {plugin.name} --split {made['split']} --seed {made['seed']}",
            "```",
            "",
            "## Measured, on clips that were not in training",
            "",
            *measured,
            "",
        ]
    )


def _items(made: Mapping[str, Any]) -> str:
    """Number of clips of each part."""
    return ", ".join(f"{part}: {items.partition(',')[0]}" for part, items in made["items"].items())
