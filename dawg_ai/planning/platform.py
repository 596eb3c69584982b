"""Platforms: where a training can run, at what price and under which limits. The folder is the registry.

One TOML file of `platforms/`, or of a folder named in `DAWG_PLATFORMS`, is one platform; of two files of one name the
latter counts. Facts carry their source, and prices their date: one that is older than its maximum age is stale, and a
missing one is unknown, never 0.
"""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, Literal

from dawg_ai import places
from dawg_ai.errors import DawgError, UsageError
from dawg_ai.planning import devices, fields
from dawg_ai.planning.fields import Table

FOLDER = Path(__file__).with_name("platforms")
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
KINDS = ("free", "on-demand", "interruptible")

Kind = Literal["free", "on-demand", "interruptible"]


@dataclass(frozen=True)
class Price:
    """What an hour on a device costs.

    Args:
        device: its name, in `devices.toml`.
        kind: `free`, `on-demand`, or `interruptible` (spot, bid).
        usd_per_hour: dollars an hour; None where it is unknown.
        high_usd_per_hour: the price that is exceeded one time in ten.
        day: when the source stated it.
        source: where it is from.
        max_age_days: older than this, it is stale.
        offer: what the platform calls the machine.
    """

    device: str
    kind: Kind
    usd_per_hour: float | None
    high_usd_per_hour: float | None
    day: date
    source: str
    max_age_days: float
    offer: str = ""

    def age_days(self, today: date) -> int:
        """Days since the source stated it."""
        return (today - self.day).days

    def stale(self, today: date) -> bool:
        """Whether it is older than its maximum age."""
        return self.age_days(today) > self.max_age_days


@dataclass(frozen=True)
class Platform:
    """Where a training can run.

    Args:
        name: of its file.
        title: what people call it.
        local: whether it is this computer.
        button: whether its terms ask that a person starts each session.
        terms: its terms, in a sentence.
        prices: its price rows.
        fee_usd: what each 30 days cost in which it is used.
        credit_usd: what each 30 days are free of charge.
        quota_hours: hours in a week; None where there is no quota.
        quota_resets: day of the week on which the quota begins anew, at 00:00 UTC.
        quota_assumed: whether nobody states the quota.
        session_hours: the longest session; None where there is no limit.
        margin_hours: how long before that a session saves and ends.
        boot_hours: from the start, billed, to the first step.
        concurrent: sessions at one time.
        interval_hours: mean time between interruptions of interruptible machines, a prior.
        prior_interruptions: how many interruptions of the ledger weigh as much as that prior.
        save_s: how long a checkpoint takes to leave the machine, besides writing it.
        disk_usd_per_hour: storage, beside the price of the machine.
        list_url: a public price list; see `dawg_ai.planning.prices`.
        list_offer: which offer it lists; "" where offers are not told apart.
        list_names: what the list calls devices -> their names here.
    """

    name: str
    title: str
    local: bool
    button: bool
    terms: str
    prices: tuple[Price, ...]
    fee_usd: float = 0.0
    credit_usd: float = 0.0
    quota_hours: float | None = None
    quota_resets: str = "Monday"
    quota_assumed: bool = False
    session_hours: float | None = None
    margin_hours: float = 0.0
    boot_hours: float = 0.0
    concurrent: int = 1
    interval_hours: float | None = None
    prior_interruptions: float = 1.0
    save_s: float = 0.0
    disk_usd_per_hour: float = 0.0
    list_url: str = ""
    list_offer: str = ""
    list_names: Mapping[str, str] = field(default_factory=dict)


def folders() -> list[Path]:
    """Where platform files are; later ones take precedence."""
    more = os.environ.get("DAWG_PLATFORMS", "")
    return [FOLDER, *(Path(each) for each in more.split(os.pathsep) if each)]


def names() -> list[str]:
    """All platforms.

    >>> "kaggle" in names()
    True
    """
    return sorted({path.stem for folder in folders() for path in folder.glob("*.toml")})


def load(name: str) -> Platform:
    """One platform.

    Raises:
        UsageError: there is none of that name, or its file is not right; the message has the path of the field.
    """
    paths = [folder / f"{name}.toml" for folder in folders()]
    found = [path for path in paths if path.is_file()]
    if not found:
        raise UsageError(f"no platform called {name!r}; there are: {', '.join(names())}")
    return _refreshed(read(found[-1]))


def read(path: Path) -> Platform:
    """The platform of a file.

    Raises:
        UsageError: the file is not right.
    """
    return parse(fields.read(path), path.stem)


def parse(top: Table, name: str) -> Platform:
    """The platform that a table declares.

    Args:
        top: the table.
        name: of the platform.

    Raises:
        UsageError: a field is missing, unknown or out of range.
    """
    terms, session, quota, stops, fees, listed = (
        top.table(part) for part in ("terms", "session", "quota", "interruptions", "fees", "list")
    )
    hours = session.maybe("hours", above=True)
    margin = session.number("margin_hours", 0.0)
    if hours is not None and margin >= hours:
        raise session.refuse("margin_hours", f"less than the session's {hours:g} hours")
    platform = Platform(
        name=name,
        title=top.text("title"),
        local=top.flag("local"),
        button=terms.flag("button"),
        terms=terms.text("summary"),
        prices=tuple(_price(row) for row in top.tables("price")),
        fee_usd=fees.number("usd_per_30_days", 0.0),
        credit_usd=fees.number("credit_usd_per_30_days", 0.0),
        quota_hours=quota.maybe("hours_per_week", above=True),
        quota_resets=quota.text("resets", "Monday", among=WEEKDAYS),
        quota_assumed=quota.flag("assumed"),
        session_hours=hours,
        margin_hours=margin,
        boot_hours=session.number("boot_hours", 0.0),
        concurrent=int(session.number("concurrent", 1, minimum=1)),
        interval_hours=stops.maybe("mean_hours_between", above=True),
        prior_interruptions=stops.number("prior_weight", 1.0, above=True),
        save_s=session.number("save_s", 0.0),
        disk_usd_per_hour=fees.number("disk_usd_per_hour", 0.0),
        list_url=listed.text("url", ""),
        list_offer=listed.text("offer", ""),
        list_names={row.text("name"): row.text("device", among=devices.known()) for row in listed.tables("names")},
    )
    for table in (terms, session, quota, stops, fees):
        table.text("source", "")
        table.close()
    listed.close()
    top.close()
    if not platform.prices:
        raise top.refuse("price", "at least one [[price]]")
    if platform.interval_hours is None and any(each.kind == "interruptible" for each in platform.prices):
        raise stops.refuse("mean_hours_between", "a prior for its interruptible prices, in hours")
    return platform


def _price(row: Table) -> Price:
    device = row.text("device", among=devices.known())
    kind: Kind = row.text("kind", among=KINDS)  # type: ignore[assignment]
    if kind == "free":
        usd: float | None = row.number("usd_per_hour", 0.0)
        if usd:
            raise row.refuse("usd_per_hour", 'none beside kind = "free"')
    else:
        # What a listing says where it does not know is often 0.
        usd = row.maybe("usd_per_hour", above=True)
    high = row.number("high_usd_per_hour", usd or 0.0, minimum=usd or 0.0)
    found = Price(
        device,
        kind,
        usd,
        None if usd is None else high,
        row.day("date"),
        row.text("source"),
        row.number("max_age_days", above=True),
        row.text("offer", ""),
    )
    row.close()
    return found


def refreshed_path(name: str) -> Path:
    """Where the refreshed prices of a platform are kept."""
    return places.planning() / "prices" / f"{name}.json"


def _refreshed(platform: Platform) -> Platform:
    """The platform with the refreshed prices that are newer than those of its file."""
    path = refreshed_path(platform.name)
    if not path.is_file():
        return platform
    try:
        rows = {(row["device"], row["kind"]): row for row in json.loads(path.read_text("utf-8"))}
        prices = [_newer(each, rows.get((each.device, each.kind)), platform) for each in platform.prices]
    except (ValueError, KeyError, TypeError) as error:
        raise DawgError(f"{path} is damaged ({error}); remove it: dawg plan prices --refresh makes it anew") from None
    return replace(platform, prices=tuple(prices))


def _newer(price: Price, row: Mapping[str, Any] | None, platform: Platform) -> Price:
    if row is None or price.offer != platform.list_offer or date.fromisoformat(row["date"]) <= price.day:
        return price
    return replace(
        price,
        usd_per_hour=float(row["usd_per_hour"]),
        high_usd_per_hour=float(row["high_usd_per_hour"]),
        day=date.fromisoformat(row["date"]),
        source=str(row["source"]),
    )


def offers(platforms: list[Platform]) -> Iterator[tuple[Platform, Price]]:
    """Every price row of every platform."""
    for platform in platforms:
        for price in platform.prices:
            yield platform, price
