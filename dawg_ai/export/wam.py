"""Effects and instruments as Web Audio Modules, version 2: what a host reads before it makes an instance.

The host side is `studio/web/src/wam.ts`; https://www.webaudiomodules.com specifies both.
"""

import json
from collections.abc import Mapping
from typing import Any

from dawg_ai import __version__

_STREAMS = ("Automation", "Midi", "Mpe", "Osc", "Sysex")


def files(modules: Mapping[str, Any]) -> dict[str, str]:
    """A folder `wam/<name>/` for each effect and instrument: its module and its descriptor.

    Args:
        modules: entries of the engine's manifest.

    Returns:
        Address in the package -> text.
    """
    found = {}
    for name, entry in modules.items():
        if "knobs" in entry:
            described = json.dumps(descriptor(name, entry), indent=1)
            found[f"wam/{name}/descriptor.json"] = described + "\n"
            found[f"wam/{name}/index.js"] = (
                f'import {{ wam }} from "../../wam.js";\nexport default wam({json.dumps(name)}, {described});\n'
            )
    return found


def descriptor(name: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    """The descriptor of an effect or instrument.

    Args:
        name: its name.
        entry: its entry of the engine's manifest.
    """
    streams = {f"has{stream}{way}put": False for stream in _STREAMS for way in ("In", "Out")}
    return {
        "identifier": f"ai.dawg.{name}",
        "name": name,
        "vendor": "DAWG AI",
        "description": " ".join(entry["summary"].split()),
        "version": __version__,
        "apiVersion": "2.0.0",
        "keywords": ["instrument" if "plays" in entry else "effect"],
        "thumbnail": "",
        "website": "",
        "isInstrument": "plays" in entry,
        "hasAudioInput": True,
        "hasAudioOutput": True,
        **streams,
        "hasAutomationInput": True,
    }
