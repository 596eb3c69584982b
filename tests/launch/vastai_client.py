"""A client that behaves as `vastai` 1.9.1 was seen to, for the calls that `dawg` makes.

It exits with 0 whatever the server answers, prints errors as JSON on stderr, and asks a busy server again.
"""

import json
import os
import sys
import urllib.error
import urllib.request
from pathlib import Path


def main(words):
    """One call."""

    def after(name):
        return words[words.index(name) + 1] if name in words else None

    verb, thing = words[:2]
    method, path, body = {
        ("search", "offers"): ("POST", "/api/v0/bundles/", {"type": after("--type")}),
        ("show", "user"): ("GET", "/api/v0/users/current", None),
        ("show", "instances"): ("GET", "/api/v1/instances/", None),
        ("create", "instance"): ("PUT", f"/api/v0/asks/{words[2]}/", {}),
        ("destroy", "instance"): ("DELETE", f"/api/v0/instances/{words[-4]}/", {}),
    }[verb, thing]
    if verb == "create":
        bid = after("--bid_price")
        body = {
            "label": after("--label"),
            "onstart": Path(after("--onstart")).read_text(),
            "price": float(bid) if bid else None,
        }
    if verb == "destroy" and "-y" not in words:
        print("Aborted.")
        return
    request = urllib.request.Request(
        os.environ["VAST_URL"] + path,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {os.environ['VAST_API_KEY']}"},
    )
    for attempt in range(int(after("--retry"))):
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                said = json.load(answer)
            break
        except urllib.error.HTTPError as error:
            failure = {"error": True, "status_code": error.code, "msg": (json.load(error) or {}).get("msg")}
            if error.code not in (429, 502, 503, 504) or attempt + 1 == int(after("--retry")):
                print(json.dumps(failure), file=sys.stderr)
                return
    print(json.dumps(said["instances"] if thing == "instances" else said.get("offers", said)))


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except OSError as error:
        print(f"requests.exceptions.ConnectionError: {error}", file=sys.stderr)
        sys.exit(1)
