"""Kaggle: a kernel folder for the official client; pushing it runs it.

The GPU is always named: by default Kaggle gives a P100, which its own image has no code for, and which
`torch.cuda.is_available()` reports as usable (Kaggle/kaggle-cli#1151). So the script begins with one real operation.
A run goes on from the output of the session before, which Kaggle mounts. The client cannot cancel a session (2.2.5),
only delete its kernel, with what it has not brought away.
"""

import csv
import io
import json
import os
import re
import time
from pathlib import Path

from dawg_ai.launch import folders
from dawg_ai.launch.launcher import Launcher, LaunchError, Machine, RefusedError, State, Terms, called
from dawg_ai.launch.lease import END_S, FILE, Lease
from dawg_ai.launch.trainer import FILE as STATUS
from dawg_ai.launch.trainer import Status

METADATA = "kernel-metadata.json"
RECENT_S = 48 * 3600.0  # a session takes 12 hours at most
OVER = ("COMPLETE", "ERROR", "CANCEL_ACKNOWLEDGED")
UNKNOWN = re.compile(r"Cannot access kernel|[Nn]ot found|\b404\b")  # what the client says of one that does not exist
PREFLIGHT = """\
# One real operation: a GPU that the installed PyTorch has no code for is reported as available, and fails here.
import torch
assert float(torch.ones(8, device="cuda").sum()) == 8.0, "the GPU does not compute"
print(torch.cuda.get_device_name(), torch.__version__)
"""


def files(lease: Lease) -> dict[str, str]:
    """Kernel metadata, the script, and how to push them."""
    slug = lease.label or f"dawg-{lease.name}"
    before = _session_before(lease)
    metadata = {
        "id": f"{_user()}/{slug}",
        "title": slug,
        "code_file": "script.py",
        "language": "python",
        "kernel_type": "script",
        "is_private": True,
        "enable_gpu": True,
        "enable_internet": True,
        "machine_shape": lease.offer or "NvidiaTeslaT4",
        "dataset_sources": [] if lease.package else [f"{_user()}/dawg-ai"],
        "kernel_sources": [before] if before else [],
    }
    return {
        METADATA: json.dumps(metadata, indent=2) + "\n",
        "script.py": _script(lease),
        "README.txt": (
            f"The dataset {_user()}/dawg-ai has to hold the wheel of dawg-ai (pip wheel . --no-deps);\n"
            "to make it: kaggle datasets create -p FOLDER\n\n"
            f"start:   kaggle kernels push -p . -t {lease.seconds} --accelerator {metadata['machine_shape']}\n"
            f"status:  kaggle kernels status {metadata['id']}\n"
            f"output:  kaggle kernels output {metadata['id']} -p output\n"
            "quota:   kaggle quota\n"
        ),
    }


def _user() -> str:
    """The account's name, which is no secret: from the environment, or from the client's own file."""
    named = os.environ.get("KAGGLE_USERNAME")
    if named:
        return named
    folder = Path(os.environ.get("KAGGLE_CONFIG_DIR") or Path.home() / ".kaggle")
    try:
        return str(json.loads((folder / "kaggle.json").read_text("utf-8"))["username"])
    except (OSError, ValueError, KeyError, TypeError):
        return "USER"


def _session_before(lease: Lease) -> str:
    """The kernel whose output has the newest checkpoint of the lease's run; "" where it is not on Kaggle."""
    found = [
        (status.step, str(json.loads(path.read_text("utf-8"))["id"]))
        for name in lease.over
        if (path := folders.session(name) / METADATA).is_file()
        and (status := Status.read(path.parent)) is not None
        and status.run == lease.run
    ]
    return max(found)[1] if found and lease.run else ""


def _script(lease: Lease) -> str:
    return f'''"""Session {lease.name}, made by `dawg plan` or `dawg launch`."""
import time

began = time.monotonic()
import glob, os, shutil, subprocess, sys

{PREFLIGHT}
os.chdir("/kaggle/working")
with open("{FILE}", "w") as lease:
    lease.write({json.dumps(json.dumps(lease.declaration()))})
wheels = glob.glob("/kaggle/input/**/dawg_ai-*.whl", recursive=True)
package = {lease.package!r} or wheels[0] + "[train]"
subprocess.run([sys.executable, "-m", "pip", "install", "-q", package], check=True)
os.environ["DAWG_HOME"] = "/tmp/home"  # what is in the working folder is kept as output
for before in glob.glob("/kaggle/input/**/{folders.CHECKPOINTS}", recursive=True):
    shutil.copytree(before, "{folders.CHECKPOINTS}", dirs_exist_ok=True)
for data in {[each for each in lease.data if ":" not in each]!r}:
    subprocess.run(["dawg", "data", "get", data], check=True)
# Ends before the platform's limit, which would lose the output.
passed = time.monotonic() - began
os.environ["DAWG_ELAPSED_S"] = str(passed)
limit = f"timeout --signal=TERM --kill-after={END_S:.0f} {{{lease.stop_seconds} - passed:.0f}}"
print("exit code", subprocess.run(f"{{limit}} {lease.train_by_file()}", shell=True).returncode)
'''


def launcher(host: str = "") -> Launcher:
    """The launcher of the account that `kaggle` is signed in to."""
    return Kaggle("kaggle")


class Kaggle(Launcher):
    """Kernels of an account that were pushed from here."""

    def terms(self, lease: Lease) -> Terms:
        """The hours of GPU that are left this week."""
        return Terms(hours=_hours_left())

    def carries(self, lease: Lease) -> bool:
        """Where the session before ran there and is as far as this computer."""
        return bool(_session_before(lease))

    def create(self, lease: Lease, folder: Path) -> None:
        """Push the folder; the client exits with 0 where the platform refuses."""
        if _user() == "USER":
            raise RefusedError("kaggle is not signed in: no KAGGLE_USERNAME, and no kaggle.json; see: kaggle --help")
        words = ["kernels", "push", "-p", str(folder), "-t", str(lease.seconds)]
        said = called(["kaggle", *words, "--accelerator", lease.offer or "NvidiaTeslaT4"]).decode(errors="replace")
        refused = re.search(r"Kernel push error: (.*)", said)
        if refused:
            raise RefusedError(f"kaggle kernels push: {refused[1]}")
        if "successfully pushed" not in said:
            raise LaunchError(f"kaggle kernels push: {said.strip()[:200] or 'no answer'}")

    def listing(self, prefix: str) -> list[Machine]:
        """The kernels of the sessions of the last days, one call each: the search lags behind."""
        found = []
        for path in sorted(folders.sessions().glob(f"*/{METADATA}")):
            if time.time() - path.stat().st_mtime < RECENT_S:
                kernel = str(json.loads(path.read_text("utf-8"))["id"])
                state = _state(kernel)
                label = kernel.rpartition("/")[2]
                if state and label.startswith(prefix):
                    found.append(Machine(kernel, label, state, 0.0))
        return found

    def output(self, machine: Machine, folder: Path) -> None:
        """What the kernel has kept, once it has ended."""
        if machine.state == "over":
            pattern = f"^({STATUS}|{folders.CHECKPOINTS}/.*)$"
            called(["kaggle", "kernels", "output", machine.name, "-p", str(folder), "-o", "--file-pattern", pattern])

    def destroy(self, name: str) -> None:
        """Delete the kernel, which ends its session."""
        said = called(["kaggle", "kernels", "delete", "-y", name]).decode(errors="replace")
        if "deleted successfully" not in said:
            raise LaunchError(f"kaggle kernels delete: {said.strip()[:200] or 'no answer'}")


def _hours_left() -> float:
    said = called(["kaggle", "quota", "--csv"]).decode(errors="replace")
    rows = csv.DictReader(io.StringIO(said))
    left = [each["remaining"] for each in rows if each.get("resource") == "GPU" and each.get("remaining")]
    if not left:
        raise LaunchError(f"kaggle quota says nothing of GPUs: {said.strip()[:200]}")
    return float(left[0].rstrip("h"))


def _state(kernel: str) -> State | None:
    """Where a kernel stands; None where there is none of that name."""
    try:
        said = called(["kaggle", "kernels", "status", kernel]).decode(errors="replace")
    except LaunchError as error:
        if not UNKNOWN.search(str(error)):
            raise
        _hours_left()  # it says the same where it is not signed in any more; then this fails too
        return None
    word = re.search(r'has status "(?:\w+\.)?(\w+)"', said)
    if word is None:
        raise LaunchError(f"kaggle kernels status: {said.strip()[:200] or 'no answer'}")
    return "over" if word[1].upper() in OVER else "running"
