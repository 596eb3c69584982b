"""Open the studio: a page on this machine where trained plugins help with a song.

    dawg studio                  # prints the address to open; Ctrl-C ends it
    dawg studio --port 8123
    dawg studio --write site     # a folder for any static web host, instead of serving

All processing is local: the page sends nothing to any server.
"""

import argparse
import sys
from pathlib import Path

from dawg_ai import hosting, serve
from dawg_ai.errors import UsageError

DEFAULT_PORT = 8765


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the verb."""
    parser.add_argument(
        "--port",
        type=int,
        default=DEFAULT_PORT,
        help="TCP port (default: %(default)s); 0 takes any free one",
    )
    parser.add_argument("--write", type=Path, metavar="FOLDER", help="write the site to a new folder and stop")


def run(arguments: argparse.Namespace) -> int:
    """Serve until interrupted, or write the site."""
    if arguments.write:
        files = hosting.write(arguments.write)
        print(f"{len(files)} files written to {arguments.write}: docs/hosting.md says how hosts serve them")
        if not hosting.has_brotli():
            print("compressed by gzip alone; for Brotli, too: pip install brotli", file=sys.stderr)
        return 0
    if not 0 <= arguments.port <= 65535:
        raise UsageError(f"--port is {arguments.port}; expected 0 to 65535")
    serve.site()  # reports a missing page before the port is opened
    with _listen(arguments.port) as server:
        print(server.url, flush=True)
        print("Open this address in a browser; Ctrl-C ends the studio.", file=sys.stderr)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print("The studio is closed.", file=sys.stderr)
    return 0


def _listen(port: int) -> serve.Server:
    try:
        return serve.Server(port)
    except OSError:
        server = serve.Server()
        print(f"Port {port} is taken; using {server.server_address[1]} instead.", file=sys.stderr)
        return server
