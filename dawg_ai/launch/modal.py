"""Modal: a function on a GPU; its time limit is its dead man's switch, its volume keeps runs and checkpoints."""

from dawg_ai.launch.lease import Lease

GPUS = {"A100 40GB": "A100-40GB", "A100 80GB": "A100-80GB"}


def by_hand(lease: Lease) -> str:
    """What a person runs."""
    return (
        "put the wheel of dawg-ai into the folder wheels of the session's folder and run there: modal run session.py"
    )


def files(lease: Lease) -> dict[str, str]:
    """The function, and how to run it."""
    data = "".join(f"dawg data get {each}; " for each in lease.data if ":" not in each)
    function = f'''"""Session {lease.name}, made by `dawg plan`: modal run session.py"""
import subprocess

import modal

runs = modal.Volume.from_name("dawg-ai", create_if_missing=True)
image = modal.Image.debian_slim().pip_install("torch").add_local_dir("wheels", "/wheels", copy=True)
app = modal.App("{lease.name}", image=image.run_commands("pip install /wheels/dawg_ai-*.whl[train]"))


@app.function(
    gpu="{GPUS.get(lease.device, lease.device)}", timeout={lease.seconds}, volumes={{"/home-dawg": runs}}, retries=0
)
def train():
    try:
        subprocess.run("export DAWG_HOME=/home-dawg; {data}{lease.train()}", shell=True, check=True)
    finally:
        runs.commit()


@app.local_entrypoint()
def main():
    train.remote()
'''
    about = f"""\
Put the wheel of dawg-ai (pip wheel . --no-deps) into the folder wheels, then
start:  modal run --detach session.py
watch:  modal app list
end:    modal app stop {lease.name}
worst case: {lease.hours:.2f} h x ${lease.max_usd_per_hour:.4f} = ${lease.worst_usd:.2f}
"""
    return {"session.py": function, "README.txt": about}
