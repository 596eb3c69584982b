"""JSON over HTTPS, for platforms whose client would be larger than what is needed of it.

A key is read from the environment when it is needed, sent to the address that was asked and to no other, and shown in
no message. Only what changes nothing is asked again.
"""

import json
import os
import time
import urllib.error
import urllib.request
from http.client import HTTPException, HTTPMessage
from typing import IO, Any

from dawg_ai.errors import UsageError
from dawg_ai.launch.launcher import LaunchError, RefusedError

TIMEOUT_S = 60.0
TRIES, BETWEEN_S = 3, 1.0
TOO_MANY = 429


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """urllib would send the key along to wherever it is sent."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        """Follow nothing."""


class Rest:
    """An API.

    Args:
        title: the platform's, for messages.
        url: where the API is; the environment variable `<prefix>_API_URL` has precedence.
        prefix: of the environment variables; the key is in `<prefix>_API_KEY`.
    """

    def __init__(self, title: str, url: str, prefix: str) -> None:
        self._title, self._prefix = title, prefix
        self._url = os.environ.get(f"{prefix}_API_URL", url).rstrip("/")

    def _key(self) -> str:
        key = os.environ.get(f"{self._prefix}_API_KEY", "")
        if not key:
            raise UsageError(f"{self._title} needs a key in the environment: {self._prefix}_API_KEY")
        return key

    def get(self, path: str) -> Any:
        """What is there; a server that is busy is asked again.

        Raises:
            LaunchError: there was no answer, or none that is JSON.
        """
        for attempt in range(TRIES):
            try:
                return self._call("GET", path, None)
            except LaunchError as error:
                if isinstance(error, RefusedError) or attempt == TRIES - 1:
                    raise LaunchError(str(error)) from None
            time.sleep(BETWEEN_S * 2**attempt)
        raise AssertionError("unreachable")

    def send(self, method: str, path: str, body: object = None) -> Any:
        """Ask for a change, once.

        Raises:
            RefusedError: the platform said no (400 to 499).
            LaunchError: anything else; it may have happened.
        """
        return self._call(method, path, body)

    def _call(self, method: str, path: str, body: object) -> Any:
        key = self._key()
        request = urllib.request.Request(
            f"{self._url}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json", "User-Agent": "dawg-ai"},
        )
        said = f"{self._title} {method} {path}"
        try:
            with urllib.request.build_opener(_NoRedirect).open(request, timeout=TIMEOUT_S) as answer:
                content = answer.read()
        except urllib.error.HTTPError as error:
            with error:
                detail = " ".join(error.read(2000).decode(errors="replace").split())[:300].replace(key, "***")
            # What is limited by rate may be asked again; a start that is, has not happened.
            refused = 400 <= error.code < 500 and not (method == "GET" and error.code == TOO_MANY)
            kind = RefusedError if refused else LaunchError
            raise kind(f"{said}: {error.code} {error.reason} {detail}".rstrip()) from None
        except (OSError, HTTPException) as error:
            raise LaunchError(f"{said}: {error}") from None
        try:
            return json.loads(content) if content.strip() else None
        except ValueError:
            raise LaunchError(f"{said}: the answer is no JSON: {content[:80]!r}") from None
