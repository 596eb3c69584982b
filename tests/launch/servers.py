"""Servers on loopback that speak the APIs of Vast.ai, RunPod, Lambda and Kaggle, with faults to switch on."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Platform:
    """What a server knows; `answer` is one platform's API.

    `faults` are (method, part of the path, kind, how often): kind is a status to answer with instead of doing it,
    "lost" to do it and close the connection without an answer, "ignored" to say that it is done without doing it, or
    "no" to refuse in an answer with status 200.
    """

    def __init__(self):
        self.machines, self.asked, self.keys, self.faults = {}, [], set(), []
        self.number = 0

    def add(self, **facts):
        self.number += 1
        self.machines[self.number] = {"id": self.number, **facts}
        return self.number

    def calls(self, method, part=""):
        return [path for each, path, _ in self.asked if each == method and part in path]

    def fault(self, method, path):
        for at, (asked, part, kind, times) in enumerate(self.faults):
            if asked == method and part in path and times:
                self.faults[at] = (asked, part, kind, times - 1)
                return kind
        return None


class Vast(Platform):
    """https://console.vast.ai/api"""

    def __init__(self):
        super().__init__()
        self.credit = 20.0
        self.offers = [
            {"id": 71, "gpu_name": "RTX 4090", "dph_total": 0.41, "min_bid": 0.14},
            {"id": 72, "gpu_name": "RTX 4090", "dph_total": 0.39, "min_bid": 0.12},
        ]

    def answer(self, method, path, body, kind):
        if method == "POST" and path == "/api/v0/bundles/":
            return {"offers": self.offers}
        if method == "GET" and path == "/api/v0/users/current":
            return {"credit": self.credit, "api_key": "never shown"}
        if method == "GET" and path.startswith("/api/v1/instances/"):
            return {"instances": list(self.machines.values()), "next_token": None}
        if method == "PUT" and path.startswith("/api/v0/asks/"):
            if kind == "no":
                return {"success": False, "error": "insufficient_credit", "msg": "Your account lacks credit"}
            offer = next(each for each in self.offers if str(each["id"]) in path)
            bid = body.get("price") or body.get("bid_price")
            made = self.add(
                label=body["label"],
                actual_status="loading",
                intended_status="running",
                dph_total=(bid or offer["dph_total"] - 0.003) + 0.003,
                is_bid=bid is not None,
                onstart=body["onstart"],
                start_date=1.0,
                extra_env=[],
            )
            return {"success": True, "new_contract": made}
        if method == "DELETE" and path.startswith("/api/v0/instances/"):
            if kind == "no":
                return {"success": False, "msg": "try again later"}
            if kind != "ignored":
                self.machines.pop(int(path.split("/")[-2]), None)
            return {"success": True}
        return None


class Runpod(Platform):
    """https://rest.runpod.io/v1"""

    def answer(self, method, path, body, kind):
        if method == "GET" and path == "/pods":
            return list(self.machines.values())
        if method == "POST" and path == "/pods":
            price = "0.34" if body["cloudType"] == "COMMUNITY" else "0.74"
            made = self.add(name=body["name"], desiredStatus="RUNNING", costPerHr=price, body=body)
            return self.machines[made]
        if method == "DELETE" and path.startswith("/pods/"):
            if kind != "ignored":
                self.machines.pop(int(path.split("/")[-1]), None)
            return {}
        return None


class Lambda(Platform):
    """https://cloud.lambda.ai/api/v1"""

    def __init__(self):
        super().__init__()
        self.cents, self.regions = 129, [{"name": "us-east-1", "description": "Virginia"}]

    def answer(self, method, path, body, kind):
        if path == "/instance-types":
            kind_of = {"name": "gpu_1x_a10", "price_cents_per_hour": self.cents, "specs": {}}
            return {
                "data": {"gpu_1x_a10": {"instance_type": kind_of, "regions_with_capacity_available": self.regions}}
            }
        if path == "/instances":
            return {"data": list(self.machines.values())}
        if path == "/instance-operations/launch":
            type_of = {"name": body["instance_type_name"], "price_cents_per_hour": self.cents}
            made = self.add(name=body["name"], status="booting", instance_type=type_of, body=body)
            return {"data": {"instance_ids": [str(made)]}}
        if path == "/instance-operations/terminate":
            if kind != "ignored":
                for each in body["instance_ids"]:
                    self.machines.pop(int(each), None)
            return {"data": {"terminated_instances": []}}
        return None


class Kaggle(Platform):
    """https://api.kaggle.com/v1; a kernel's session is RUNNING until a test says something else."""

    def __init__(self):
        super().__init__()
        self.hours, self.most, self.outputs, self.url = 30.0, 2, {}, ""

    def answer(self, method, path, body, kind):
        call = path.rpartition("/")[2]
        if method == "GET":  # of an output file
            return self.outputs[path.strip("/")]
        if call == "GetAcceleratorQuotaStatistics":
            used = f"{round((30.0 - self.hours) * 3600)}s"
            return {"gpuQuota": {"timeUsed": used, "totalTimeAllowed": "108000s"}}
        if call == "SaveKernel":
            if sum(each["status"] == "RUNNING" for each in self.machines.values()) >= self.most:
                return {"error": f"Maximum batch GPU session count of {self.most} reached."}
            self.machines[body["slug"]] = {"status": "RUNNING", "body": body}
            return {"ref": body["slug"], "url": "https://kaggle", "versionNumber": 1}
        kernel = f"{body['userName']}/{body['kernelSlug']}"
        if kernel not in self.machines:
            return None
        if call == "GetKernelSessionStatus":
            return {"status": self.machines[kernel]["status"]}
        if call == "ListKernelSessionOutput":
            there = [{"url": f"{self.url}/{each}", "fileName": each} for each in self.outputs]
            return {"files": there, "log": "what it printed"}
        if call == "DeleteKernel":
            if kind != "ignored":
                del self.machines[kernel]
            return {}
        return None


@contextmanager
def serving(platform):
    """Serve it; yields the address."""

    class Handler(BaseHTTPRequestHandler):
        def _handle(self):
            path = self.path.partition("?")[0]
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or b"{}")
            platform.asked.append((self.command, path, body))
            platform.keys.add(self.headers.get("Authorization"))
            kind = platform.fault(self.command, path)
            status, said = 200, None
            if isinstance(kind, int):
                status, said = kind, {"msg": f"status {kind}, as asked for", "error": "a fault"}
            else:
                said = platform.answer(self.command, path, body, kind)
            if kind == "lost":
                self.close_connection = True
                self.connection.close()
                return
            if said is None:
                status, said = 404, {"code": 404, "message": "Not found", "msg": "Not found"}
            content = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = _handle  # noqa: N815

        def log_message(self, *words):
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request, address):
            pass  # a connection that a fault has closed

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
