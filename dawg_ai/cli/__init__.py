"""The command line: `dawg <verb> ...`.

A verb is a module of this folder: its docstring is the help, `add_arguments(parser)` declares its arguments, and
`run(arguments)` runs it and returns the exit code. One whose
options depend on what it is asked for has `add_options(parser, words)` too. JSON goes to stdout, progress to stderr.
Exit codes: 0 done, 1 failed, 2 invalid request, 130 interrupted.
"""

import argparse
import importlib
import io
import os
import pkgutil
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from dawg_ai import __version__
from dawg_ai.errors import DawgError, UsageError, needs_plan, needs_train
from dawg_ai.threads import Abandoned, abandonable

# Pipeline order; other verbs follow in alphabetical order.
NEED_TRAIN = ("train", "evaluate", "export", "demo")
EXTRA = frozenset({"torch", "onnx", "onnxscript", "tensorboard", "matplotlib"})  # packages of the extra "train"
PLAN = frozenset({"scipy", "fsspec"})  # packages of the extra "plan"
# Which Ctrl-C ends while a kernel runs.
ABANDONABLE = ("analyse", "apply", "beat", "listen", "master", "render", "sing")
ORDER = ("data", "features", "train", "evaluate", "export", "apply", "studio", "demo")


def verbs() -> list[str]:
    """Names of all verbs, in pipeline order."""
    found = {module.name for module in pkgutil.iter_modules(__path__)}
    return [v for v in ORDER if v in found] + sorted(found - set(ORDER))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: the command line without "dawg"; by default that of this process.

    Returns:
        The exit code.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a file's name may be no text that can be printed
    words = list(sys.argv[1:] if arguments is None else arguments)
    name = " ".join(["dawg", *words[:1]])
    try:
        parsed = _parser(words).parse_args(words)
        module = _module(parsed.verb)
        code: int = abandonable(lambda: module.run(parsed)) if parsed.verb in ABANDONABLE else module.run(parsed)
        sys.stdout.flush()  # here, so that a closed pipe is handled below
        return code
    except DawgError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return error.exit_code
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in EXTRA | PLAN:
            raise
        print(f"{name}: {needs_plan(package) if package in PLAN else needs_train(package)}", file=sys.stderr)
        return UsageError.exit_code
    except (KeyboardInterrupt, ImportError) as error:
        # While an extension module loads, Ctrl-C arrives as the cause of an ImportError.
        if isinstance(error, ImportError) and not isinstance(error.__cause__, KeyboardInterrupt):
            raise
        print(f"{name}: interrupted; nothing is left half-written", file=sys.stderr)
        if isinstance(error, Abandoned) and arguments is None:
            os._exit(130)
        return 130
    except BrokenPipeError:
        # The reader has closed the pipe; Python must not flush the rest at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        print(f"{name}: {error.strerror or error}: {error.filename or ''}".rstrip(": "), file=sys.stderr)
        return 1


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """The parser of all verbs; only the wanted one is imported."""
    wanted = words[0] if words else None
    parser = argparse.ArgumentParser(
        prog="dawg",
        description="Train AI music plugins for free, listen to them, ship them to a browser.",
        epilog="Begin with: dawg apply auto_eq song.wav better.wav    Help on a verb: dawg VERB --help\n"
        f"{', '.join(NEED_TRAIN)} need PyTorch: dawg train --help says how to install it",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=__version__)
    subparsers = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    for verb in verbs():
        if verb != wanted:
            subparsers.add_parser(verb, help=_summary(verb))
            continue
        module = _module(verb)
        subparser = subparsers.add_parser(
            verb,
            help=_summary(verb),
            description=(module.__doc__ or "").strip(),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add_arguments(subparser)
        if hasattr(module, "add_options"):
            module.add_options(subparser, words[1:])
    return parser


def _summary(verb: str) -> str:
    """The first line of a verb's docstring, read rather than imported: `dawg --help` loads nothing."""
    with (Path(__file__).parent / f"{verb}.py").open(encoding="utf-8") as file:
        return file.readline().strip().strip('"')


def _module(verb: str) -> ModuleType:
    return importlib.import_module(f"{__name__}.{verb}")
