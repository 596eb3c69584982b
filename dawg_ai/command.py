"""Commands of `dawg` as text, as messages and model cards give them."""

import shlex
from collections.abc import Sequence


def command(verb: str, plugin_name: str, specs: Sequence[str], **options: int | Sequence[int]) -> str:
    """A command that can be pasted into a shell.

    Args:
        verb: such as "train".
        plugin_name: the plugin.
        specs: datasets, each as `--data`.
        options: other options by name, with one number or several.

    >>> command("train", "auto_eq", ["folder:/my songs"], split=1, seed=0)
    "dawg train auto_eq --data 'folder:/my songs' --split 1 --seed 0"
    """
    words = ["dawg", verb, plugin_name, *(word for spec in specs for word in ("--data", spec))]
    for name, value in options.items():
        words += [f"--{name}", *map(str, [value] if isinstance(value, int) else value)]
    return shlex.join(words)
