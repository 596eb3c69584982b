"""One plugin, one folder. `DAWG_PLUGINS` adds folders of plugins from elsewhere."""

import os

__path__ += [folder for folder in os.environ.get("DAWG_PLUGINS", "").split(os.pathsep) if folder]
