"""Folders for data on this machine. `DAWG_HOME` moves all of them; tests set it to a temporary folder."""

import os
from pathlib import Path

import platformdirs


def home() -> Path:
    """The parent of all folders but `compiled`: `DAWG_HOME`, else the user's data folder."""
    return Path(os.environ.get("DAWG_HOME") or platformdirs.user_data_dir("dawg-ai", appauthor=False))


def datasets() -> Path:
    """Fetched datasets, one folder each."""
    return home() / "data"


def features() -> Path:
    """Computed features, safe to delete."""
    return home() / "features"


def runs() -> Path:
    """Training runs: settings, checkpoints, logs."""
    return home() / "runs"


def bundles() -> Path:
    """Exported bundles, one folder per plugin; they take precedence over the shipped ones."""
    return home() / "bundles"


def planning() -> Path:
    """Measured speeds, refreshed prices, and the ledger."""
    return home() / "planning"


def compiled() -> Path:
    """Machine code of kernels, safe to delete."""
    return Path(os.environ.get("DAWG_CACHE") or platformdirs.user_cache_dir("dawg-ai", appauthor=False)) / "kernels"
