"""DAWG AI: AI music plugins that anyone can train for nothing and ship to a browser."""

import os

__version__ = "0.1.0"

# Nothing leaves the machine: without this, ONNX Runtime (1.32.0 on Linux) writes a device id to the user's cache and
# queues events for a server of its maker. It looks when it is imported, and it is imported after this package.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
