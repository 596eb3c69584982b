"""The readable parts of a bundle: model card, and licences of all clips."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from dawg_ai import __version__
from dawg_ai.data.licence import PRIVATE, Licence, alternatives, of_weights, url
from dawg_ai.plugin import Plugin


def licences(plugin: Plugin, clips: Sequence[Mapping[str, Any]]) -> str:
    """LICENCES.md, the credits: licence, holder and source of every clip, by group, and what follows for the weights.

    Args:
        plugin: the plugin.
        clips: content of the run's clips.json.
    """
    lines = [f"# What {plugin.name} was made from", ""]
    lines += [f"{len(clips)} clips to train, choose and test it with; thanks to all who made them.", ""]
    lines += [_offered(of_weights(Licence(clip["spdx"]) for clip in clips)), ""]
    counts = Counter(clip["spdx"] for clip in clips)
    lines += [f"- {spdx}: {count}{_texts(spdx)}" for spdx, count in counts.most_common()]
    group = None
    for clip in sorted(clips, key=lambda clip: (clip["group"], clip["id"])):
        if clip["group"] != group:
            group = clip["group"]
            lines += ["", f"## {group}", ""]
        by = f" by {clip['holder']}" if clip["holder"] else ""
        source = f"; {clip['source']}" if clip["source"] else ""
        lines.append(f"- {clip['title'] or clip['id']}{by}: {clip['spdx']}{source}")
    return "\n".join(lines) + "\n"


def _offered(licence: str) -> str:
    """The licence of the weights, and why it is that one."""
    if licence == PRIVATE:
        return "The weights are not to be shared: the rights to some of the clips were given to one person alone."
    if licence == "CC0-1.0":
        return "The weights are under CC0-1.0: no clip asks for anything."
    if licence == "CC-BY-4.0":
        return "The weights are under CC-BY-4.0: clips ask for the names of their makers, which are below."
    return f"The weights are under {licence}: these licences of clips ask for the same of what is made from them."


def _texts(spdx: str) -> str:
    """Where the texts of the licences are."""
    found = dict.fromkeys(url(term) for each in alternatives(spdx) for term in each)
    return "".join(f" <{address}>" for address in found if address)


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
