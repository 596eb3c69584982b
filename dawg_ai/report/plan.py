"""A plan as a folder: the page with its pictures, CSV, JSON, the calendar, and a folder for each session."""

import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from matplotlib.dates import DateFormatter, date2num
from matplotlib.figure import Figure

from dawg_ai import launch
from dawg_ai.files import atomic_write
from dawg_ai.launch.lease import leases
from dawg_ai.planning import calendar, table
from dawg_ai.planning.baselines import Baseline
from dawg_ai.planning.plan import Plan
from dawg_ai.planning.scenario import Scenario
from dawg_ai.report import page
from dawg_ai.report.plot import ACCENT, AFTER, BEFORE, quiet

COLOURS = ("#1971c2", "#d9480f", "#2f9e44", "#9c36b5", "#e8590c", "#0c8599", "#868e96", "#5f3dc4")


def write(
    folder: Path,
    plan: Plan,
    alone: Sequence[Baseline],
    points: Sequence[tuple[int, float]],
    compared: Scenario | None = None,
) -> None:
    """Write the folder.

    Args:
        folder: where; it is made if necessary.
        plan: the plan.
        alone: the baselines.
        points: weeks and dollars of the frontier.
        compared: the scenario, if it was one.
    """
    platforms = {each.name: each for each in plan.question.platforms}
    files = {
        "plan.html": html(plan, alone, points, compared),
        "plan.csv": table.as_csv(plan.sessions),
        "plan.json": json.dumps(table.as_json(plan, alone, points, compared), indent=2) + "\n",
        "plan.ics": calendar.ics(plan.sessions, platforms, datetime.now(UTC)),
    }
    for lease in leases(plan):
        files |= {f"sessions/{lease.name}/{name}": content for name, content in launch.files(lease).items()}
    for name, content in files.items():
        with atomic_write(folder / name) as draft:
            draft.write_bytes(content.encode())


def html(
    plan: Plan, alone: Sequence[Baseline], points: Sequence[tuple[int, float]], compared: Scenario | None = None
) -> str:
    """The page; arguments as for `write`."""
    facts = {
        "until the last work is done": table.duration(plan.hours),
        "cost": f"${plan.cost_usd:.2f}",
        "sessions": str(len(plan.sessions)),
        "works": str(len(plan.question.works)),
    }
    pieces = [page.facts(facts), page.heading("When"), page.image(gantt(plan), "Sessions by work over time")]
    first, *cells = table.columns(plan)
    pieces.append(_table(first, cells))
    if points:
        pieces += [
            page.heading("Dollars and weeks"),
            page.paragraph("The best plan for each number of weeks, and what one platform alone would take."),
            page.image(frontier(points, alone), "Cost of the best plan for each number of weeks"),
        ]
    if alone:
        names, *cells = table.alone_columns(alone)
        pieces += [page.heading("All in one place, without a plan"), _table(names, cells)]
    if compared and compared.figures:
        rows = [[each.title, each.computed, each.stated, each.formula] for each in compared.figures]
        pieces += [page.heading(f"{compared.title} ({compared.day})")]
        pieces.append(page.table(["figure", "computed", "stated", "as"], rows))
        pieces += [
            page.paragraph(" ".join([f"**{each.title}**:", each.today and f"today {each.today}.", each.differs]))
            for each in compared.figures
            if each.today or each.differs
        ]
    if plan.remarks:
        pieces += [page.heading("Assumed")] + [page.paragraph(each) for each in plan.remarks]
    left_out = [[name, reason] for name, reason in plan.left_out]
    if left_out:
        pieces += [page.heading("Offers left out"), page.table(["offer", "reason"], left_out)]
    return page.document("Training plan", *pieces)


def gantt(plan: Plan) -> bytes:
    """Sessions as bars, one row for each work, coloured by platform, as PNG."""
    names = [work.name for work in plan.question.works]
    titles = {each.name: each.title for each in plan.question.platforms}
    used = list(dict.fromkeys(each.platform for each in plan.sessions))
    figure = Figure(figsize=(9, 1.4 + 0.42 * len(names)), layout="constrained")
    axes = figure.subplots()
    for number, name in enumerate(used):
        here = [each for each in plan.sessions if each.platform == name]
        axes.barh(
            [names.index(each.work) for each in here],
            [each.hours / 24 for each in here],
            left=[date2num(each.start) for each in here],
            color=COLOURS[number % len(COLOURS)],
            height=0.6,
            label=titles[name],
        )
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.xaxis_date()
    axes.xaxis.set_major_formatter(DateFormatter("%d %b" if plan.hours > 48 else "%d %b %H:%M"))
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False, fontsize=9)
    quiet(axes)
    return _png(figure)


def frontier(points: Sequence[tuple[int, float]], alone: Sequence[Baseline]) -> bytes:
    """Dollars against weeks, as PNG: the frontier, and each platform alone."""
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    axes = figure.subplots()
    weeks, usd = [each for each, _ in points], [each for _, each in points]
    axes.step(weeks, usd, where="post", color=AFTER, linewidth=1.5)
    axes.plot(weeks, usd, "o", color=AFTER, label="best plan")
    most = 4 * max(1.0, *usd)
    shown = [each for each in alone if each.cost_usd <= most and each.weeks <= 2 * max(*weeks, 12)]
    axes.plot(
        [each.weeks for each in shown], [each.cost_usd for each in shown], "s", color=BEFORE, label="one place alone"
    )
    for each in shown:
        axes.annotate(
            each.offer.name, (each.weeks, each.cost_usd), (6, 4), textcoords="offset points", fontsize=8, color=ACCENT
        )
    axes.set_xlabel("weeks")
    axes.set_ylabel("dollars")
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False, fontsize=9)
    quiet(axes)
    return _png(figure)


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=120)
    return buffer.getvalue()


def _table(names: Sequence[str], columns: Sequence[Sequence[str]]) -> str:
    head, *rows = zip(names, *columns, strict=True)
    return page.table(list(head), [list(row) for row in rows])
