"""What goes with a bundle for people to read: a model card, and the licences of all it was trained on."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from dawg_ai import __version__
from dawg_ai.plugin import Plugin


def licences(plugin: Plugin, clips: Sequence[Mapping[str, Any]]) -> str:
    """Every clip with its licence, holder and source, collection by collection."""
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


def card(plugin: Plugin, made: Mapping[str, Any], evaluation: Mapping[str, Any] | None) -> str:
    """What it does, what it was made from, how good it is, and the commands that make and measure it again."""
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
            f"{made['date']}, dawg-ai {__version__}, PyTorch {made['torch']}, {_songs(made)}; $0 on CPU cores.",
            "",
            "```",
            made["command"],
            f"dawg export {plugin.name} --split {made['split']} --seed {made['seed']}",
            "```",
            "",
            "## Measured, on songs it has never heard",
            "",
            *measured,
            "",
        ]
    )


def _songs(made: Mapping[str, Any]) -> str:
    """What it learned from, in words."""
    return ", ".join(f"{part}: {songs.partition(',')[0]}" for part, songs in made["songs"].items())
