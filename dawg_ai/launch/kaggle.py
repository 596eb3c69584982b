"""Kaggle: a kernel folder for the official client; pushing it runs it.

The GPU is always named: by default Kaggle gives a P100, which its own image has no code for, and which
`torch.cuda.is_available()` reports as usable (Kaggle/kaggle-cli#1151). So the script begins with one real operation.
"""

import json
import os

from dawg_ai.launch.lease import Lease

PREFLIGHT = """\
# One real operation: a GPU that the installed PyTorch has no code for is reported as available, and fails here.
import torch
assert float(torch.ones(8, device="cuda").sum()) == 8.0, "the GPU does not compute"
print(torch.cuda.get_device_name(), torch.__version__)
"""


def files(lease: Lease) -> dict[str, str]:
    """Kernel metadata, the script, and how to push them."""
    user = os.environ.get("KAGGLE_USERNAME", "USER")
    slug = f"dawg-{lease.name}"
    metadata = {
        "id": f"{user}/{slug}",
        "title": slug,
        "code_file": "script.py",
        "language": "python",
        "kernel_type": "script",
        "is_private": True,
        "enable_gpu": True,
        "enable_internet": True,
        "machine_shape": lease.offer or "NvidiaTeslaT4",
        "dataset_sources": [f"{user}/dawg-ai"],
        "kernel_sources": [],
    }
    return {
        "kernel-metadata.json": json.dumps(metadata, indent=2) + "\n",
        "script.py": _script(lease),
        "README.txt": (
            f"The dataset {user}/dawg-ai has to hold the wheel of dawg-ai (pip wheel . --no-deps) and, to go on\n"
            "with a run, the folder `runs` of the session before; to make it: kaggle datasets create -p FOLDER\n\n"
            f"start:   kaggle kernels push -p . -t {lease.seconds} --accelerator {metadata['machine_shape']}\n"
            f"status:  kaggle kernels status {metadata['id']}\n"
            f"output:  kaggle kernels output {metadata['id']} -p output\n"
            "quota:   kaggle quota\n"
        ),
    }


def _script(lease: Lease) -> str:
    return f'''"""Session {lease.name}, made by `dawg plan`."""
import glob, os, shutil, subprocess, sys

{PREFLIGHT}
wheels = glob.glob("/kaggle/input/**/dawg_ai-*.whl", recursive=True)
subprocess.run([sys.executable, "-m", "pip", "install", "-q", wheels[0] + "[train]"], check=True)
os.environ["DAWG_HOME"] = home = "/kaggle/working/home"
for runs in glob.glob("/kaggle/input/**/runs", recursive=True):
    shutil.copytree(runs, os.path.join(home, "runs"), dirs_exist_ok=True)
for data in {[each for each in lease.data if ":" not in each]!r}:
    subprocess.run(["dawg", "data", "get", data], check=True)
# Ends before the platform's limit, which would lose the output.
command = "timeout --signal=TERM --kill-after=60 {lease.stop_seconds} {lease.train()}"
print("exit code", subprocess.run(command, shell=True).returncode)
'''
