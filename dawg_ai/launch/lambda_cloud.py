"""Lambda: the body of `POST /instance-operations/launch`. It has no spot and no stop; what is terminated is gone."""

import json

from dawg_ai.launch import skypilot
from dawg_ai.launch.lease import Lease, script

API = "https://cloud.lambda.ai/api/v1"


def files(lease: Lease) -> dict[str, str]:
    """The request, the script to run over SSH, and how to send it."""
    body = {
        "region_name": "REGION",
        "instance_type_name": lease.offer,
        "ssh_key_names": ["SSH_KEY"],
        "quantity": 1,
        "name": lease.name,
    }
    curl = f'curl -su "$LAMBDA_API_KEY:" -H "Content-Type: application/json" {API}'
    about = f"""\
Fill in REGION and SSH_KEY, and put the wheel of dawg-ai onto the instance.
prices:  {curl}/instance-types
start:   {curl}/instance-operations/launch -d @launch.json
train:   ssh ubuntu@ADDRESS 'bash -s' < run.sh
watch:   {curl}/instances      (still there = still billed)
end:     {curl}/instance-operations/terminate -d @terminate.json      (with the instance's id in it; then watch again)
worst case: {lease.hours:.2f} h x ${lease.max_usd_per_hour:.4f} = ${lease.worst_usd:.2f}
"""
    return {
        "launch.json": json.dumps(body, indent=2) + "\n",
        "terminate.json": json.dumps({"instance_ids": ["INSTANCE"]}) + "\n",
        "run.sh": script(lease, "$HOME/home", ["pip install -q dawg_ai-*.whl[train]"], ["sudo shutdown -h now"]),
        "README.txt": about,
        "skypilot.yaml": skypilot.task(lease, "lambda"),
    }
