"""Which plugins there are: the folders of `dawg_ai/plugins/`, and those of folders named in `DAWG_PLUGINS`."""

import importlib
import pkgutil

from dawg_ai import plugins
from dawg_ai.errors import UsageError
from dawg_ai.plugin import FOLDER, Plugin


def names() -> list[str]:
    """The plugins there are.

    >>> "auto_eq" in names()
    True
    """
    return sorted(module.name for module in pkgutil.iter_modules(plugins.__path__) if module.ispkg)


def load(name: str) -> Plugin:
    """The plugin called `name`.

    Raises:
        UsageError: there is none of that name.
    """
    if name not in names():
        raise UsageError(f"no plugin called {name!r}; there are: {', '.join(names())}")
    plugin: Plugin = importlib.import_module(f"{FOLDER}.{name}").PLUGIN
    return plugin
