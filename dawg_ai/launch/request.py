"""From what a user asks to a lease: the next session of a plan, or one session of a plugin."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from dawg_ai import registry
from dawg_ai.errors import UsageError
from dawg_ai.launch import folders
from dawg_ai.launch.lease import FILE, Lease
from dawg_ai.planning import platform
from dawg_ai.planning.ledger import MICRO, Ledger
from dawg_ai.planning.platform import Price
from dawg_ai.planning.speeds import setting
from dawg_ai.training.run import latest, unfinished

HOURS = 6.0  # of a session that no plan knows
LEAST_HOURS = 0.1  # below which a session is not worth its boot


@dataclass(frozen=True)
class Wanted:
    """What a user asks for.

    Args:
        what: a plugin, or the folder of a plan or of one of its sessions.
        on: the platform, with a host as "ssh:gpu-box"; "" for the plan's own.
        data: datasets; by default those of the plan or the plugin.
        device: the device; "" for the cheapest.
        kind: of the price; "" for the cheapest.
        hours: for how long at most; None for the plan's, or 6.
        max_usd_per_hour: the highest price; None for the price that is exceeded one time in ten.
        checkpoints: where checkpoints travel; "" for home, with the session.
        package: what pip installs there.
        anew: whether to leave the unfinished run here alone.
    """

    what: str
    on: str = ""
    data: tuple[str, ...] = ()
    device: str = ""
    kind: str = ""
    hours: float | None = None
    max_usd_per_hour: float | None = None
    checkpoints: str = ""
    package: str = ""
    anew: bool = False


def lease(wanted: Wanted, ledger: Ledger, budget_micro: int | None) -> Lease:
    """The lease of the next session.

    Args:
        wanted: what is asked for.
        ledger: what has been started already.
        budget_micro: the budget; None for no limit.

    Raises:
        UsageError: there is no such plan, plugin, platform or offer, or nothing is left to do.
    """
    found = _planned(wanted, ledger) if Path(wanted.what).is_dir() else _single(wanted)
    states = ledger.sessions()
    found = replace(
        found,
        number=1 + max((int(each.group()) for name in states if (each := re.match(r"\d+", name))), default=0),
        start=datetime.now(UTC).replace(microsecond=0),
        hours=wanted.hours or found.hours,
        data=wanted.data or found.data,
        max_usd_per_hour=found.max_usd_per_hour if wanted.max_usd_per_hour is None else wanted.max_usd_per_hour,
        checkpoints=wanted.checkpoints or ("" if found.platform == "local" else folders.CHECKPOINTS),
        package=wanted.package,
        over=tuple(name for name, each in states.items() if each.first.work == found.plugin and not each.open),
    )
    run = latest(found.plugin, 0, 0)
    if run and unfinished(found.plugin) and found.platform != "local" and not wanted.anew:
        found = replace(found, run=run.name)
    left = math.inf if budget_micro is None else (budget_micro - ledger.spoken_for_micro()) / MICRO - found.worst_usd
    needed = found.max_usd_per_hour * (found.boot_hours + LEAST_HOURS)
    return replace(found, label=f"{folders.prefix()}{found.name}", last=found.max_usd_per_hour > 0 and left < needed)


def _planned(wanted: Wanted, ledger: Ledger) -> Lease:
    """The first session of a plan, on that platform, whose training is neither finished nor under way."""
    paths = sorted(Path(wanted.what).glob(f"sessions/*/{FILE}")) or sorted(Path(wanted.what).glob(FILE))
    planned = [_here(Lease.read(path)) for path in paths]
    if not planned:
        raise UsageError(f"{wanted.what} has no sessions; make a plan that has with: dawg plan --out {wanted.what}")
    there = [each for each in planned if not wanted.on or each.platform == wanted.on]
    if not there:
        names = ", ".join(sorted({each.platform for each in planned}))
        raise UsageError(f"the plan has no session on {wanted.on}; it has some on: {names}")
    busy = {each.first.work for each in ledger.sessions().values() if each.open}
    for each in there:
        if each.plugin not in busy and not _finished(each.plugin):
            return each
    raise UsageError("every training of the plan is finished or under way here; see: dawg status")


def _here(lease: Lease) -> Lease:
    """A lease of a platform that is this computer's own processor or GPU, as one of this computer."""
    known = lease.platform in platform.names()
    return replace(lease, platform="local") if known and platform.load(lease.platform).local else lease


def _finished(plugin: str) -> bool:
    return latest(plugin, 0, 0) is not None and not unfinished(plugin)


def _single(wanted: Wanted) -> Lease:
    """A lease for a plugin, at the cheapest known price of what is asked for."""
    plugin = registry.load(wanted.what)
    on = wanted.on or "local"
    start, save_every_s = datetime.now(UTC), setting(plugin, "save_every_s")
    if on not in platform.names():  # this computer, or another of one's own
        hours = wanted.hours or HOURS
        return Lease(0, plugin.name, plugin.data, on, "", "free", "", start, hours, 0.0, 0.0, save_every_s)
    place = platform.load(on)
    price = _cheapest(place.prices, wanted, place.title)
    limit = math.inf if place.session_hours is None else place.session_hours - place.margin_hours
    if (wanted.hours or 0) > limit:
        raise UsageError(f"--hours is {wanted.hours:g}; a session of {place.title} has {limit:g} at most")
    usd = (price.high_usd_per_hour or 0.0) + place.disk_usd_per_hour
    free = price.kind == "free"
    return Lease(
        number=0,
        plugin=plugin.name,
        data=plugin.data,
        platform="local" if place.local else on,
        device=price.device,
        kind=price.kind,
        offer=price.offer,
        start=start,
        hours=wanted.hours or min(HOURS, limit),
        boot_hours=place.boot_hours,
        max_usd_per_hour=0.0 if free else usd,
        save_every_s=save_every_s,
    )


def _cheapest(prices: Sequence[Price], wanted: Wanted, title: str) -> Price:
    known = [each for each in prices if each.kind == "free" or each.usd_per_hour is not None]
    fit = [each for each in known if wanted.device in ("", each.device) and wanted.kind in ("", each.kind)]
    if not fit:
        there = ", ".join(dict.fromkeys(f"{each.device} {each.kind}" for each in known))
        raise UsageError(f"{title} has no {wanted.device or 'device'} {wanted.kind}".rstrip() + f"; it has: {there}")
    return min(fit, key=lambda each: each.usd_per_hour or 0.0)
