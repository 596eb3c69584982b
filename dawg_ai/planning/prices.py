"""Refresh prices from the public lists that platforms name in `[list]`.

They have the form of SkyPilot's catalogue: a CSV file with the columns AcceleratorName, AcceleratorCount, Price and
SpotPrice. A price of 0 there means that nobody knows it.

What cannot be reached or read is said, and the rows that there are stay as they are, with their date.
"""

import csv
import io
import json
import urllib.request
from collections.abc import Iterator, Sequence
from datetime import date
from statistics import median, quantiles

from dawg_ai.files import atomic_write
from dawg_ai.planning.platform import Platform, refreshed_path

TIMEOUT_S = 20.0
MAX_BYTES = 1 << 26


def refresh(platforms: Sequence[Platform], today: date) -> Iterator[str]:
    """Read all lists, and keep what they say.

    Args:
        platforms: the platforms.
        today: the date of the new rows.

    Yields:
        A line for each platform: what was read, or why not, and which of its rows are stale.
    """
    for place in platforms:
        read: set[tuple[object, object]] = set()
        if not place.list_url:
            done = "names no public list"
        else:
            try:
                rows = parse(_fetch(place.list_url), place, today)
                read = {(row["device"], row["kind"]) for row in rows}
                with atomic_write(refreshed_path(place.name)) as draft:
                    draft.write_text(json.dumps(rows, indent=1) + "\n", "utf-8")
                done = f"{len(rows)} prices read from {place.list_url}"
            except (OSError, ValueError, KeyError) as error:
                done = f"{place.list_url} could not be read: {error}"
        stale = [each for each in place.prices if each.stale(today) and (each.device, each.kind) not in read]
        names = ", ".join(f"{each.device} {each.kind} ({each.age_days(today)} days)" for each in stale)
        yield f"{place.title}: {done}{f'; stale: {names}' if names else ''}"


def parse(text: str, place: Platform, today: date) -> list[dict[str, object]]:
    """The median prices of single devices.

    Args:
        text: the list.
        place: the platform, which says what the list calls its devices.
        today: the date of the rows.

    Returns:
        Rows for `refreshed_path`.
    """
    found: dict[tuple[str, str], list[float]] = {}
    for row in csv.DictReader(io.StringIO(text)):
        device = place.list_names.get(row["AcceleratorName"])
        if device is None or float(row["AcceleratorCount"] or 0) != 1:
            continue
        usd, spot_usd = (float(row[column] or 0) for column in ("Price", "SpotPrice"))
        if usd > 0:
            found.setdefault((device, "on-demand"), []).append(usd)
        if spot_usd > 0 and spot_usd != usd:
            found.setdefault((device, "interruptible"), []).append(spot_usd)
    return [
        {
            "device": device,
            "kind": kind,
            "usd_per_hour": round(median(prices), 4),
            "high_usd_per_hour": round(max(median(prices), quantiles(prices, n=10)[-1] if prices[1:] else 0.0), 4),
            "date": today.isoformat(),
            "source": place.list_url,
        }
        for (device, kind), prices in sorted(found.items())
    ]


def _fetch(url: str) -> str:
    request = urllib.request.Request(url, headers={"User-Agent": "dawg-ai"})
    with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # the URL is of a platform's file
        return str(answer.read(MAX_BYTES).decode("utf-8"))
