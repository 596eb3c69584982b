"""What goes with a bundle for people to read: a model card, and the licences of all it was trained on."""

import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

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
    data = shlex.join(word for spec in made["data"] for word in ("--data", spec))
    split, seed = made["split"], made["seed"]
    modes = [f"- **{mode.name}**: {mode.summary}" for mode in plugin.modes]
    figures = evaluation["table"] if evaluation else "Not evaluated."
    measured = (
        evaluation["command"] if evaluation else f"dawg evaluate {plugin.name} {data} --splits {split} --seeds {seed}"
    )
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
            f"{made['date']}, dawg-ai {made['version']}, PyTorch {made['torch']}, {_songs(made)}; $0 on CPU cores.",
            "",
            "```",
            f"dawg train {plugin.name} {data} --split {split} --seed {seed}",
            f"dawg export {plugin.name} --split {split} --seed {seed}",
            "```",
            "",
            "## Measured, on songs it has never heard",
            "",
            figures,
            "",
            "```",
            measured,
            "```",
            "",
        ]
    )


def _songs(made: Mapping[str, Any]) -> str:
    """What it learned from, in words."""
    return ", ".join(f"{part}: {songs.partition(',')[0]}" for part, songs in made["songs"].items())
