"""Pack the npm package, with the plugins that are shipped.

    python studio/web/pack.py               # dist/dawg-ai-web-<version>.tgz
    npm publish dist/dawg-ai-web-*.tgz --access public

Needs what studio/build.py needs, and this package.
"""

import importlib.util
import tempfile
from pathlib import Path

from dawg_ai import bundle
from dawg_ai.export import web

ROOT = Path(__file__).parents[2]


def pack(to: Path) -> Path:
    """Build what is out of date, and pack.

    Args:
        to: folder for the package.

    Returns:
        The file.
    """
    spec = importlib.util.spec_from_file_location("studio_build", ROOT / "studio" / "build.py")
    assert spec and spec.loader
    builder = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(builder)
    if not builder.current():
        builder.build()
    to.mkdir(parents=True, exist_ok=True)
    shipped = {path.parent.name: path.parent for path in sorted(bundle.SHIPPED.glob("*/plugin.json"))}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "web"
        web.write(folder, shipped)
        before = set(to.glob("*.tgz"))
        builder.npm("pack", str(folder), "--pack-destination", str(to.resolve()))
    return next(iter(set(to.glob("*.tgz")) - before), max(to.glob("*.tgz"), key=lambda path: path.stat().st_mtime))


if __name__ == "__main__":
    print(pack(ROOT / "dist"))
