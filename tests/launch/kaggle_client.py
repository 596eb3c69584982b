"""A client that behaves as `kaggle` 2.2.5 was seen to, for the calls that `dawg` makes.

It exits with 0 where a push is refused, with 1 where the server fails, and says "Cannot access kernel" both of a
kernel that does not exist and of one that it may not see any more.
"""

import json
import os
import re
import sys
import urllib.error
import urllib.request
from pathlib import Path


def call(name, body):
    """One call of the service."""
    request = urllib.request.Request(
        f"{os.environ['KAGGLE_TEST_URL']}/v1/kernels.KernelsApiService/{name}",
        method="POST",
        data=json.dumps(body).encode(),
        headers={"Authorization": f"Basic {os.environ['KAGGLE_KEY']}"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def main(words):
    """One command."""
    if words[0] == "quota":
        quota = call("GetAcceleratorQuotaStatistics", {})["gpuQuota"]
        used, total = (int(quota[each].rstrip("s")) / 3600 for each in ("timeUsed", "totalTimeAllowed"))
        print("resource,used,remaining,total,refreshAt")
        print(f"GPU,{used:.2f}h,{max(0.0, total - used):.2f}h,{total:.2f}h,")
        return
    verb = words[1]
    if verb == "push":
        folder = Path(words[words.index("-p") + 1])
        about = json.loads((folder / "kernel-metadata.json").read_text())
        body = {
            "slug": about["id"],
            "text": (folder / about["code_file"]).read_text(),
            "sessionTimeoutSeconds": int(words[words.index("-t") + 1]),
            "machineShape": words[words.index("--accelerator") + 1],
            "kernelDataSources": about["kernel_sources"],
        }
        said = call("SaveKernel", body)
        if said.get("error"):
            print(f"Kernel push error: {said['error']}")
        else:
            print(f"Kernel version 1 successfully pushed.  Please check progress at {said['url']}")
        return
    kernel = words[-1] if verb in ("status", "delete") else words[2]
    user, slug = kernel.split("/")
    body = {"userName": user, "kernelSlug": slug}
    if verb == "status":
        try:
            print(f'{kernel} has status "KernelWorkerStatus.{call("GetKernelSessionStatus", body)["status"]}"')
        except urllib.error.HTTPError as error:
            if error.code == 404:
                raise ValueError("Not found\n\nThe resource was not found. Check the spelling.") from None
            if error.code in (401, 403):
                raise ValueError(f"Cannot access kernel '{kernel}' (Permission 'kernels.get' was denied).") from None
            raise
    elif verb == "output":
        said = call("ListKernelSessionOutput", body)
        folder, pattern = Path(words[words.index("-p") + 1]), words[words.index("--file-pattern") + 1]
        for each in said["files"]:
            if re.search(pattern, each["fileName"]):
                (folder / each["fileName"]).parent.mkdir(parents=True, exist_ok=True)
                with urllib.request.urlopen(each["url"], timeout=30) as file:
                    (folder / each["fileName"]).write_bytes(file.read())
    elif verb == "delete":
        call("DeleteKernel", body)
        print(f"Kernel {kernel} deleted successfully")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        sys.exit(1)
