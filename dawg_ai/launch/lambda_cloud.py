"""Lambda, by `https://cloud.lambda.ai/api/v1`. It has no spot and no stop; what is terminated is gone.

Its key is in LAMBDA_API_KEY, the name of an SSH key of the account in LAMBDA_SSH_KEY. An instance has no key of its
own, so it cannot end itself, only stop training: `dawg status --watch` has to run until it has ended.
"""

import json
import os
from pathlib import Path
from typing import Any

from dawg_ai.errors import UsageError
from dawg_ai.launch import skypilot, ssh_machine
from dawg_ai.launch.launcher import Launcher, LaunchError, Machine, RefusedError, Terms
from dawg_ai.launch.lease import Lease, script
from dawg_ai.launch.rest import Rest

API = "https://cloud.lambda.ai/api/v1"


def files(lease: Lease) -> dict[str, str]:
    """The request, the script that the instance runs when it has started, and how to send it."""
    curl = f'curl -su "$LAMBDA_API_KEY:" -H "Content-Type: application/json" {API}'
    about = f"""\
Fill in REGION and SSH_KEY.
prices:  {curl}/instance-types
start:   {curl}/instance-operations/launch -d @launch.json
watch:   {curl}/instances      (still there = still billed)
end:     {curl}/instance-operations/terminate -d @terminate.json      (with the instance's id in it; then watch again)
worst case: {lease.hours:.2f} h x ${lease.max_usd_per_hour:.4f} = ${lease.worst_usd:.2f}
"""
    return {
        "launch.json": json.dumps(_body(lease, "REGION", "SSH_KEY"), indent=2) + "\n",
        "terminate.json": json.dumps({"instance_ids": ["INSTANCE"]}) + "\n",
        "run.sh": _script(lease),
        "README.txt": about,
        "skypilot.yaml": skypilot.task(lease, "lambda"),
    }


def _script(lease: Lease) -> str:
    install = ["python3 -m venv /home/ubuntu/venv", 'export PATH="/home/ubuntu/venv/bin:$PATH"', lease.install()]
    return script(lease, "/home/ubuntu/home", install, folder=f"/home/ubuntu/{ssh_machine.ROOT}/{lease.title}")


def _body(lease: Lease, region: str, key: str) -> dict[str, Any]:
    return {
        "region_name": region,
        "instance_type_name": lease.offer,
        "ssh_key_names": [key],
        "quantity": 1,
        "name": lease.title,
        "user_data": _script(lease),
    }


def launcher(host: str = "") -> Launcher:
    """The launcher of the account whose key is in LAMBDA_API_KEY."""
    return Lambda("lambda_cloud")


class Lambda(Launcher):
    """Instances of an account."""

    ends_itself = False

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._api = Rest("Lambda", API, "LAMBDA")

    def _type(self, lease: Lease) -> dict[str, Any]:
        types = self._data("/instance-types")
        if lease.offer not in types:
            raise UsageError(f"Lambda has no instance type {lease.offer!r}; it has: {', '.join(sorted(types))}")
        found: dict[str, Any] = types[lease.offer]
        return found

    def _data(self, path: str) -> Any:
        answer = self._api.get(path)
        if not isinstance(answer, dict) or "data" not in answer:
            raise LaunchError(f"Lambda {path} has no data: {str(answer)[:200]}")
        return answer["data"]

    def terms(self, lease: Lease) -> Terms:
        """The price of the instance type."""
        return Terms(float(self._type(lease)["instance_type"]["price_cents_per_hour"]) / 100)

    def create(self, lease: Lease, folder: Path) -> None:
        """Ask for the instance in the first region that has one."""
        key = os.environ.get("LAMBDA_SSH_KEY", "")
        if not key:
            raise RefusedError("Lambda needs the name of an SSH key of the account in LAMBDA_SSH_KEY")
        regions = self._type(lease)["regions_with_capacity_available"]
        if not regions:
            raise RefusedError(f"Lambda has no {lease.offer} in any region now")
        self._api.send("POST", "/instance-operations/launch", _body(lease, str(regions[0]["name"]), key))

    def listing(self, prefix: str) -> list[Machine]:
        """The instances that are not terminated."""
        rows = [each for each in self._data("/instances") if each.get("status") != "terminated"]
        return [_machine(each) for each in rows if str(each.get("name") or "").startswith(prefix)]

    def output(self, machine: Machine, folder: Path) -> None:
        """By SSH."""
        ssh_machine.bring_rented(machine, folder)

    def destroy(self, name: str) -> None:
        """At once."""
        self._api.send("POST", "/instance-operations/terminate", {"instance_ids": [name]})


def _machine(row: dict[str, Any]) -> Machine:
    cents = (row.get("instance_type") or {}).get("price_cents_per_hour")
    address = ssh_machine.rented("ubuntu", str(row["ip"])) if row.get("ip") else ()
    return Machine(
        str(row["id"]), str(row["name"]), "running", None if cents is None else float(cents) / 100, address
    )
