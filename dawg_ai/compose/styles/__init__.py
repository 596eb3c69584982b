"""One file, one style: `STYLE` says what is played, `SOUND` how it sounds. The folder is the list."""

import importlib
import pkgutil

from dawg_ai.compose.sound import Sound
from dawg_ai.compose.style import Style

_modules = {
    found.name: importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)
}

STYLES: dict[str, Style] = {name: module.STYLE for name, module in sorted(_modules.items())}
SOUNDS: dict[str, Sound] = {name: module.SOUND for name, module in sorted(_modules.items())}
