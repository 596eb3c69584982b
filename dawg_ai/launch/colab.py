"""Google Colab: a notebook that a person opens and runs, since its rules do not allow it by script for free.

It mounts Google Drive, where runs and checkpoints stay, installs, goes on, and stops before the session's end.
"""

import json

from dawg_ai.launch.kaggle import PREFLIGHT
from dawg_ai.launch.lease import Lease

HOME = "/content/drive/MyDrive/dawg-ai"


def files(lease: Lease) -> dict[str, str]:
    """The notebook, in format 4.5 of nbformat."""
    cells = [
        _text(
            f"# {lease.plugin}, session {lease.number}\n"
            f"Choose *Runtime > Change runtime type > {lease.device} GPU*, then *Runtime > Run all*. It takes "
            f"{lease.hours:.1f} hours at most; keep this page open. Runs stay in your Drive, in `dawg-ai`, with the "
            "wheel of dawg-ai that you put there."
        ),
        _code(PREFLIGHT),
        _code('from google.colab import drive\ndrive.mount("/content/drive")'),
        _code(f"%pip install -q {HOME}/dawg_ai-*.whl[train]"),
        _code("\n".join(f"!DAWG_HOME={HOME} dawg data get {each}" for each in lease.data if ":" not in each)),
        _code(f"!DAWG_HOME={HOME} timeout --signal=TERM --kill-after=60 {lease.stop_seconds} {lease.train()}"),
        _code("drive.flush_and_unmount()  # only now are the checkpoints safe"),
    ]
    notebook = {
        "cells": [{**cell, "id": f"cell-{at}"} for at, cell in enumerate(cells)],
        "metadata": {
            "accelerator": "GPU",
            "colab": {"gpuType": lease.device},
            "kernelspec": {"name": "python3", "display_name": "Python 3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    about = f"Upload {lease.name}.ipynb to colab.research.google.com, open it, and run all of it.\n"
    return {f"{lease.name}.ipynb": json.dumps(notebook, indent=1) + "\n", "README.txt": about}


def by_hand(lease: Lease) -> str:
    """What a person presses; its rules want that it is a person, without a paid balance."""
    return (
        f"open {lease.name}.ipynb in colab.research.google.com and press Runtime > Run all, which the rules of Colab "
        "leave to a person"
    )


def _text(source: str) -> dict[str, object]:
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def _code(source: str) -> dict[str, object]:
    return {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": source}
