"""Vast.ai, by its own client. Without `--bid_price` the client rents on demand.

The client exits with 0 also where a call was refused or failed (1.9.1: 401, 404, 500, `"success": false`), with the
error on stderr, and asks for a machine again where the answer did not come, so it is told not to. The machine
destroys itself at the end of the lease by the key that Vast.ai puts into it (CONTAINER_API_KEY).
"""

import json
from pathlib import Path
from typing import Any

from dawg_ai.launch import skypilot, ssh_machine
from dawg_ai.launch.launcher import Launcher, LaunchError, Machine, RefusedError, Terms, done
from dawg_ai.launch.lease import Lease, script
from dawg_ai.planning import platform

IMAGE = "pytorch/pytorch:2.6.0-cuda12.4-cudnn9-runtime"
DISK_GB = 20
GONE = ("stopped", "exited", "offline", "unknown")  # it does not come back from these, and its disk is billed


def files(lease: Lease) -> dict[str, str]:
    """The script that the machine runs, and the commands that rent it and look after it."""
    end = "vastai destroy instance -y $CONTAINER_ID --api-key $CONTAINER_API_KEY"
    install = [f"(sleep {lease.seconds}; {end}) &", "pip install -q vastai", lease.install()]
    about = f"""\
offers:   vastai search offers '{_query(lease)}' --type {_type(lease)} -o dph
rent:     vastai create instance OFFER {" ".join(_wanted(lease, "onstart.sh"))}
watch:    vastai show instances --raw          (still there = still billed, also when stopped)
end:      vastai destroy instance -y INSTANCE  (then look at the list again)
worst case: {lease.hours:.2f} h x ${lease.max_usd_per_hour:.4f} = ${lease.worst_usd:.2f}
"""
    folder = f"$HOME/{ssh_machine.ROOT}/{lease.title}"
    return {
        "onstart.sh": script(lease, "/workspace/home", install, [end] if lease.travels else [], folder=folder),
        "README.txt": about,
        "skypilot.yaml": skypilot.task(lease, "vast", bucket=False),
    }


def _type(lease: Lease) -> str:
    return "bid" if lease.kind == "interruptible" else "on-demand"


def _query(lease: Lease) -> str:
    gpu = lease.device.replace(" ", "_")
    return f"gpu_name={gpu} num_gpus=1 reliability>0.98 dph<={lease.max_usd_per_hour:.4f}"


def _disk_usd() -> float:
    return platform.load("vast").disk_usd_per_hour


def _wanted(lease: Lease, onstart: str) -> list[str]:
    """What `create instance` is told beside the offer."""
    bid = ["--bid_price", f"{lease.max_usd_per_hour - _disk_usd():.4f}"] if lease.kind == "interruptible" else []
    words = ["--image", IMAGE, "--disk", str(DISK_GB), "--ssh", "--direct", *bid]
    return [*words, "--label", lease.title, "--onstart", onstart]


def launcher(host: str = "") -> Launcher:
    """The launcher of the account whose key `vastai` has."""
    return Vast("vast")


class Vast(Launcher):
    """Instances of an account."""

    def terms(self, lease: Lease) -> Terms:
        """The cheapest offer, and the account's credit."""
        credit = _ask("show", "user").get("credit")
        offers = self._offers(lease)
        price = _price(lease, offers[0]) if offers else None
        return Terms(price, None, None if credit is None else float(credit))

    def _offers(self, lease: Lease) -> list[dict[str, Any]]:
        query = _query(lease).rpartition(" dph<=")[0]  # dearer ones too: a price that has risen is said
        words = ["search", "offers", query, "--type", _type(lease), "-o", "dph", "--storage", str(DISK_GB)]
        offers = _ask(*words)
        if not isinstance(offers, list):
            raise LaunchError(f"vastai search offers: {offers}")
        return sorted(offers, key=lambda each: _price(lease, each))

    def create(self, lease: Lease, folder: Path) -> None:
        """Rent the cheapest offer."""
        offers = self._offers(lease)
        if not offers or _price(lease, offers[0]) > lease.max_usd_per_hour + 1e-9:
            raise RefusedError(f"vast has no {lease.device} for ${lease.max_usd_per_hour:.4f} an hour any more")
        words = ["create", "instance", str(offers[0]["id"]), *_wanted(lease, str(folder / "onstart.sh"))]
        answer = _ask(*words, "--cancel-unavail")
        if not answer.get("success"):
            raise RefusedError(f"vastai create instance: {answer.get('msg') or answer.get('error') or answer}")

    def listing(self, prefix: str) -> list[Machine]:
        """The instances, stopped ones too."""
        rows = _ask("show", "instances")
        if not isinstance(rows, list):
            raise LaunchError(f"vastai show instances: {rows}")
        return [_machine(row) for row in rows if str(row.get("label") or "").startswith(prefix)]

    def output(self, machine: Machine, folder: Path) -> None:
        """By SSH."""
        ssh_machine.bring_rented(machine, folder)

    def destroy(self, name: str) -> None:
        """At once; what was not brought home is gone."""
        answer = _ask("destroy", "instance", "-y", name)
        if not answer.get("success"):
            raise LaunchError(f"vastai destroy instance: {answer.get('msg') or answer.get('error') or answer}")


def _ask(*words: str) -> Any:
    """An answer of the client; what changes something is asked for once."""
    shown = f"vastai {' '.join(words[:2])}"
    tries = "1" if words[0] in ("create", "destroy") else "3"
    ended = done(["vastai", *words, "--raw", "--retry", tries], shown=shown)
    try:
        return json.loads(ended.stdout)
    except ValueError:
        pass
    said = (ended.stderr.strip() or ended.stdout.strip()).decode(errors="replace").splitlines()
    last = said[-1] if said else "no answer"
    try:
        failure = json.loads(last)
        status, message = int(failure["status_code"]), str(failure["msg"])
    except (ValueError, KeyError, TypeError):
        raise LaunchError(f"{shown}: {last}") from None
    kind = RefusedError if 400 <= status < 500 else LaunchError
    raise kind(f"{shown}: {status} {message}")


def _price(lease: Lease, offer: dict[str, Any]) -> float:
    """Dollars an hour, storage included: at the lowest bid, or on demand."""
    if lease.kind == "interruptible":
        return float(offer["min_bid"]) + _disk_usd()
    return float(offer["dph_total"])


def _machine(row: dict[str, Any]) -> Machine:
    lost = row.get("actual_status") in GONE or row.get("intended_status") == "stopped"
    price = row.get("dph_total")
    host, port = row.get("ssh_host"), row.get("ssh_port")
    address = ssh_machine.rented("root", str(host), int(port)) if host and port else ()
    label = str(row["label"])
    return Machine(
        str(row["id"]), label, "lost" if lost else "running", None if price is None else float(price), address
    )
