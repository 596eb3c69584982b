"""Checkpoints that travel: a place where the next machine finds what the one before has saved.

    PLACE/<plugin>/<run>/
        settings.json, clips.json, status.json     of the run
        00000120-<digest>.pt          the checkpoint after step 120, the bytes of the run's own file
        held.json                     which session holds the run, and until when
    PLACE/sessions/<session>.json     what a session has said last

PLACE is a folder, or whatever fsspec knows, such as s3://bucket/folder (with s3fs). A run is named by its content
and settings, so another machine looks for it under the same name, or not at all. A checkpoint is read back before
an older one is removed. One session at a time holds a run; it has to renew that with each checkpoint.
"""

import json
import posixpath
import secrets
import socket
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import fsspec

from dawg_ai import files
from dawg_ai.errors import DawgError
from dawg_ai.training.seal import NEWEST, PREVIOUS, opened

HELD = "held.json"
DESCRIBED, STATUS = ("settings.json", "clips.json"), "status.json"
SESSIONS = "sessions"
KEPT = 2  # checkpoints
SKEW_S = 300.0  # by which clocks of two machines may differ


class HeldError(DawgError):
    """Another session holds the run."""


class Place:
    """A run's folder where checkpoints travel.

    Args:
        url: the place.
        plugin: name of the plugin.
        run: name of the run's folder.
        now: the clock, for tests.
    """

    def __init__(self, url: str, plugin: str, run: str, now: Callable[[], datetime] | None = None) -> None:
        self._files, root = fsspec.core.url_to_fs(url)
        self._folder = posixpath.join(str(root), plugin, run)
        self._now = now or (lambda: datetime.now(UTC))
        self._host = socket.gethostname()
        self._owner = ""

    def _path(self, name: str) -> str:
        return posixpath.join(self._folder, name)

    def _read(self, name: str) -> bytes:
        content: bytes = self._files.cat_file(self._path(name))
        return content

    # Who holds the run

    def hold(self, session: str, seconds: float, over: Collection[str] = ()) -> None:
        """Hold the run, unless another session does.

        Args:
            session: name of this session.
            seconds: for how long, unless it is renewed.
            over: sessions that have ended for certain, whatever they had said.

        Raises:
            HeldError: another session holds it.
        """
        self._files.makedirs(self._folder, exist_ok=True)
        self._owner = f"{session} on {self._host}, {secrets.token_hex(4)}"
        content = self._declaration(session, seconds)
        try:
            self._files.pipe_file(self._path(HELD), content, mode="create")
        except FileExistsError:
            before = self._read(HELD)
            self._refuse(before, session, over)
            # Of two that find the same one expired, the rename lets one through.
            aside = self._path(f"held-{secrets.token_hex(4)}")
            self._files.mv(self._path(HELD), aside)
            if self._files.cat_file(aside) != before:
                self._files.mv(aside, self._path(HELD))
                raise HeldError("another session has just taken the run; look at: dawg status") from None
            self._files.rm_file(aside)
            try:
                self._files.pipe_file(self._path(HELD), content, mode="create")
            except FileExistsError:
                raise HeldError("another session has just taken the run; look at: dawg status") from None
        self.renew(session, seconds)

    def _declaration(self, session: str, seconds: float) -> bytes:
        until = (self._now() + timedelta(seconds=seconds)).isoformat()
        held = {"session": session, "host": self._host, "owner": self._owner, "until": until}
        return json.dumps(held).encode() + b"\n"

    def _refuse(self, content: bytes, session: str, over: Collection[str]) -> None:
        held = _parsed(content)
        again = held.get("session") == session and held.get("host") == self._host
        try:
            expired = datetime.fromisoformat(held["until"]) + timedelta(seconds=SKEW_S) < self._now()
        except (KeyError, TypeError, ValueError):  # damaged: nobody can renew it
            expired = True
        if not (again or expired or held.get("session") in over):
            raise HeldError(
                f"session {held['session']} on {held.get('host')} holds this run until {held['until']} and a few "
                "minutes; stop it, or wait"
            )

    def renew(self, session: str, seconds: float) -> None:
        """Hold the run for longer.

        Args:
            session: name of this session.
            seconds: for how long from now.

        Raises:
            HeldError: another session has taken it in the meantime.
        """
        try:
            held = _parsed(self._read(HELD))
        except FileNotFoundError:
            held = {}
        if held.get("owner") != self._owner:
            raise HeldError(f"session {held.get('session', '?')} has taken the run; this one stops")
        self._files.pipe_file(self._path(HELD), self._declaration(session, seconds))

    def release(self) -> None:
        """Hold it no longer, if this session still does."""
        try:
            if _parsed(self._read(HELD)).get("owner") == self._owner:
                self._files.rm_file(self._path(HELD))
        except FileNotFoundError:
            pass

    # Checkpoints

    def steps(self) -> dict[int, str]:
        """The checkpoints there are: number of steps -> name, the newest first."""
        self._files.invalidate_cache()
        try:
            found = [posixpath.basename(str(each)) for each in self._files.ls(self._folder, detail=False)]
        except FileNotFoundError:
            return {}
        named = {int(each.split("-")[0]): each for each in found if each.endswith(".pt") and each[:8].isdigit()}
        return dict(sorted(named.items(), reverse=True))

    def put(self, folder: Path, step: int) -> str:
        """Bring the newest checkpoint of a run there, read it back, and only then remove what is older.

        Args:
            folder: the run's folder here.
            step: the step of its newest checkpoint.

        Returns:
            Its name there.

        Raises:
            DawgError: what was read back is not what was written; the older ones are kept.
            OSError: the place cannot be reached, or is full.
        """
        content = (folder / NEWEST).read_bytes()
        digest = sha256(content).hexdigest()
        name, draft = f"{step:08d}-{digest[:16]}.pt", self._path(f"uploading-{secrets.token_hex(4)}")
        self._files.makedirs(self._folder, exist_ok=True)
        try:
            for each in (*DESCRIBED, STATUS):
                if (folder / each).is_file():
                    self._files.pipe_file(self._path(each), (folder / each).read_bytes())
            self._files.pipe_file(draft, content)
            if sha256(self._files.cat_file(draft)).hexdigest() != digest:
                raise DawgError(f"the checkpoint of step {step} did not arrive whole; the one before it is kept")
            self._files.mv(draft, self._path(name))
        except BaseException:
            if self._files.exists(draft):
                self._files.rm_file(draft)
            raise
        for older in list(self.steps().values())[KEPT:]:
            self._files.rm_file(self._path(older))
        return name

    def fetch(self, folder: Path) -> int:
        """Bring the newest undamaged checkpoint here, if it is further than what is here.

        Args:
            folder: the run's folder here; it is made if necessary.

        Returns:
            The number of steps that are done here now.
        """
        done = steps_done(folder)
        for step, name in self.steps().items():
            if step <= done:
                break
            content = self._read(name)
            if opened(content) is None or not name.endswith(f"-{sha256(content).hexdigest()[:16]}.pt"):
                continue
            for each in DESCRIBED:
                if not (folder / each).exists() and self._files.exists(self._path(each)):
                    _write(folder / each, self._read(each))
            if (folder / NEWEST).exists():
                (folder / NEWEST).replace(folder / PREVIOUS)
            _write(folder / NEWEST, content)
            if self._files.exists(self._path(STATUS)):
                status = _parsed(self._read(STATUS))
                status |= {"step": step, "finished": step >= int(status.get("steps", step + 1))}
                _write(folder / STATUS, json.dumps(status, indent=2).encode() + b"\n")
            return step
        return done


def steps_done(folder: Path) -> int:
    """How many steps of a run are done here.

    Args:
        folder: the run's folder.
    """
    path = folder / STATUS
    known = path.is_file() and (folder / NEWEST).is_file()
    return int(_parsed(path.read_bytes()).get("step", 0)) if known else 0


def arrived(url: str) -> list[tuple[str, str]]:
    """The runs that have travelled to a place: plugin and run of each."""
    found, root = fsspec.core.url_to_fs(url)
    there = [str(each).split("/")[-3:-1] for each in found.glob(posixpath.join(str(root), "*", "*", "*.pt"))]
    return sorted({(plugin, run) for plugin, run in there})


def say(url: str, session: str, content: bytes) -> None:
    """Leave a session's status where its checkpoints travel."""
    there, root = fsspec.core.url_to_fs(url)
    there.makedirs(posixpath.join(str(root), SESSIONS), exist_ok=True)
    there.pipe_file(posixpath.join(str(root), SESSIONS, f"{session}.json"), content)


def status(url: str, session: str) -> bytes | None:
    """What a session has left there; None where it has not."""
    there, root = fsspec.core.url_to_fs(url)
    try:
        content: bytes = there.cat_file(posixpath.join(str(root), SESSIONS, f"{session}.json"))
    except FileNotFoundError:
        return None
    return content


def _parsed(content: bytes) -> dict[str, Any]:
    try:
        held = json.loads(content)
    except ValueError:
        return {}
    return held if isinstance(held, dict) else {}


def _write(path: Path, content: bytes) -> None:
    with files.atomic_write(path) as draft:
        draft.write_bytes(content)
