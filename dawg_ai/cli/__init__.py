"""The command line: `dawg <verb> ...`.

A verb is a module of this folder: its docstring is the help, `add_arguments(parser)` says what it takes and
`run(arguments)` does it and returns the exit code. JSON goes to stdout, progress to stderr. Exit codes: 0 done,
1 failed, 2 the request is off, 130 interrupted.
"""

import argparse
import importlib
import os
import pkgutil
import sys
from collections.abc import Sequence
from types import ModuleType

from dawg_ai import __version__
from dawg_ai.errors import DawgError

# In the order of the pipeline; verbs not named here come after, by name.
ORDER = ("data", "features", "train", "evaluate", "export", "apply", "studio", "demo")


def verbs() -> list[str]:
    """The verbs there are, in pipeline order."""
    found = {module.name for module in pkgutil.iter_modules(__path__)}
    return [v for v in ORDER if v in found] + sorted(found - set(ORDER))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    name = " ".join(["dawg", *words[:1]])
    try:
        parsed = _parser(words[0] if words else None).parse_args(words)
        code: int = _module(parsed.verb).run(parsed)
        sys.stdout.flush()  # here, where a reader that has gone can be told from an error
        return code
    except DawgError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return error.exit_code
    except (KeyboardInterrupt, ImportError) as error:
        # Where a compiled module is just loading, Ctrl-C comes as the cause of an ImportError.
        if isinstance(error, ImportError) and not isinstance(error.__cause__, KeyboardInterrupt):
            raise
        print(f"{name}: interrupted; nothing is left half-written", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # Whoever read our output has enough of it; Python must not try to write the rest when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        print(f"{name}: {error.strerror or error}: {error.filename or ''}".rstrip(": "), file=sys.stderr)
        return 1


def _parser(wanted: str | None) -> argparse.ArgumentParser:
    """The whole parser; only the wanted verb is imported, so that `dawg apply` does not pay for training."""
    parser = argparse.ArgumentParser(
        prog="dawg",
        description="Train AI music plugins for nothing, hear them, ship them to a browser.",
        epilog="Begin with: dawg demo    Help on a verb: dawg VERB --help",
    )
    parser.add_argument("--version", action="version", version=__version__)
    subparsers = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    for verb in verbs():
        if verb != wanted and wanted in verbs():
            subparsers.add_parser(verb)
            continue
        module = _module(verb)
        about = (module.__doc__ or "").strip()
        subparser = subparsers.add_parser(
            verb,
            help=about.splitlines()[0],
            description=about,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add_arguments(subparser)
    return parser


def _module(verb: str) -> ModuleType:
    return importlib.import_module(f"{__name__}.{verb}")
