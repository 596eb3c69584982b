import pytest

from dawg_ai.wasm import build

METER_PATHS = [f"dawg_ai.dsp.meters.{name}:MODULE" for name in ("levels", "mel", "key", "spectrum", "rhythm")]
FEATURES_PATH = "dawg_ai.plugins.auto_eq:PLUGIN"


@pytest.fixture(scope="session")
def fresh():
    """The engine and a plugin's features, compiled now, whatever the user's settings and the order of hashes."""
    hostile = {"NUMBA_OPT": "3", "NUMBA_BOUNDSCHECK": "1", "NUMBA_DISABLE_JIT": "1", "PYTHONHASHSEED": "4711"}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in hostile.items():
            patch.setenv(name, value)
        return build.compile_modules([*build.engine_paths(), *METER_PATHS, FEATURES_PATH])


@pytest.fixture
def features_wasm(fresh):
    return fresh[FEATURES_PATH]
