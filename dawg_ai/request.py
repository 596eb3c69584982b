"""What a plugin may be asked: files by source, controls, and a mode, checked before any file is read."""

from collections.abc import Mapping, Sequence

from dawg_ai.bundle import Bundle
from dawg_ai.errors import UsageError
from dawg_ai.plugin import SONG, Mode


def refuse(bundle: Bundle, counts: Mapping[str, int], controls: Mapping[str, float], mode: str = "") -> Mode:
    """Check a request before any file is read.

    Args:
        bundle: an opened bundle.
        counts: number of files by source.
        controls: values by name, those that a person has set, in the controls' units.
        mode: name of the mode; by default the sources and controls given decide.

    Returns:
        The mode that is asked for.

    Raises:
        UsageError: a source, control or mode is unknown, not what the mode takes, missing or out of range.
        DawgError: the bundle was made for effects that no longer exist.
    """
    bundle.changed_effects()
    sources = {source.name: source for source in bundle.sources}
    for name, count in counts.items():
        if name not in sources:
            raise UsageError(f"{bundle.plugin} takes no {name}; it takes: {', '.join(sources) or 'no files'}")
        if count > sources[name].most:
            raise UsageError(f"{count} files were given as {name}; {bundle.plugin} takes up to {sources[name].most}")
    known = {knob.name: knob for knob in bundle.controls}
    for name, value in controls.items():
        if name not in known:
            raise UsageError(f"{bundle.plugin} has no control {name!r}; it has: {', '.join(known) or 'none'}")
        if not known[name].minimum <= value <= known[name].maximum:
            allowed = f"{known[name].minimum:g} to {known[name].maximum:g} {known[name].unit}".rstrip()
            raise UsageError(f"{name} is {value:g}; expected {allowed}")
    given = {name for name, count in counts.items() if count} | set(controls)
    return _mode(bundle, given, mode)


def _mode(bundle: Bundle, given: set[str], name: str) -> Mode:
    """The mode of that name, or the one that takes just what is given."""
    modes = {mode.name: mode for mode in bundle.modes if mode.name in bundle.offered}
    if name and name not in modes:
        raise UsageError(f"{bundle.plugin} offers no mode {name!r}; it offers: {', '.join(modes) or 'none'}")
    optional = {needed for mode in bundle.modes for needed in mode.needs} - {SONG}
    extra = given & optional
    fitting = [mode for mode in modes.values() if set(mode.needs) - {SONG} == extra and name in ("", mode.name)]
    if not fitting and name:
        needs = _listed(modes[name].needs)
        raise UsageError(f"mode {name} takes {needs}, but {_listed(sorted(extra))} was given")
    if not fitting:
        ways = "; ".join(f"{each.name} takes {_listed(each.needs)}" for each in modes.values()) or "none"
        raise UsageError(f"no mode of {bundle.plugin} takes {_listed(sorted(extra))}; its modes: {ways}")
    for source in bundle.sources:
        if source.name in bundle.takes(fitting[0]) and source.name not in given:
            raise UsageError(f"{bundle.plugin} needs {source.name}, but none was given")
    return fitting[0]


def _listed(names: Sequence[str]) -> str:
    return " and ".join(names) or "nothing more"
