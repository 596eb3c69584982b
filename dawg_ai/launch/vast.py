"""Vast.ai: what its client needs to rent one machine. Without `--bid_price` the client rents on demand.

The machine destroys itself at the end of the lease by the key that Vast.ai puts into it (CONTAINER_API_KEY). The
client exits with 0 also where a destroy has failed, so look at the list: what it still shows is still billed.
"""

from dawg_ai.launch import skypilot
from dawg_ai.launch.lease import Lease, script

IMAGE = "pytorch/pytorch:2.6.0-cuda12.4-cudnn9-runtime"
DISK_GB = 20


def files(lease: Lease) -> dict[str, str]:
    """The script that the machine runs, and the commands that rent it and look after it."""
    bid = f" --bid_price {lease.max_usd_per_hour:.4f}" if lease.kind == "interruptible" else ""
    kind = "bid" if lease.kind == "interruptible" else "on-demand"
    gpu = lease.device.replace(" ", "_")
    end = "vastai destroy instance -y $CONTAINER_ID --api-key $CONTAINER_API_KEY"
    install = [f"(sleep {lease.seconds}; {end}) &", "pip install -q vastai /root/dawg_ai-*.whl[train]"]
    query = f"gpu_name={gpu} num_gpus=1 reliability>0.98 dph<={lease.max_usd_per_hour:.4f}"
    about = f"""\
offers:   vastai search offers '{query}' --type {kind} -o dph
rent:     vastai create instance OFFER --image {IMAGE} --disk {DISK_GB}{bid} --label {lease.name} --onstart onstart.sh
watch:    vastai show instances --raw          (still there = still billed, also when stopped)
end:      vastai destroy instance -y INSTANCE  (then look at the list again)
worst case: {lease.hours:.2f} h x ${lease.max_usd_per_hour:.4f} = ${lease.worst_usd:.2f}
"""
    return {
        "onstart.sh": script(lease, "/workspace/home", install, [end]),
        "README.txt": about,
        "skypilot.yaml": skypilot.task(lease, "vast", bucket=False),
    }
