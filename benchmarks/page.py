"""What was measured last, kept section by section, and the page made of it."""

import json
import os
import platform
import re
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

import msgspec

from benchmarks.report import Cell, Goal, Table, goals_table
from geopush.bench.picture import draw
from geopush.bench.plot import Plot
from geopush.bench.rounds import Rounds

HERE = Path(__file__).parent
PAGE, RECORD, PLOTS = HERE / "RESULTS.md", HERE / "results.json", HERE / "plots"
TOP = ":/"  # all of the tree, as git says it
PACKAGES = (
    *("shapely", "rtree", "h3", "numpy", "numba", "asyncpg", "msgspec"),
    *("geopandas", "h3ronpy", "chdb"),
)
INTRODUCTION = """\
# Results

What was measured last, section by section, each with when and of which commit; the same
for machines is in `results.json`. `make bench` measures all and writes this page;
`python -m benchmarks match` one thing, `python -m benchmarks match.city stress` parts
of it, and only prints it unless `--write` is there, which replaces these sections here
and leaves the others. `--quick` takes less than two minutes for everything, too short
to be trusted; `--json` is for machines, `--zones N` makes worlds of so many zones. The
data is made from seeds, so it is the same everywhere. Each part is written as soon as
it is measured; if one fails, the others go on, and the command ends with 1.

Peers that are not installed are left out and named. To have them all:
`pip install 'geopush[fast,map]' {peers}`, and `apt install postgresql-15-postgis-3`.

**How to read it.** Each contender ran in a process of its own; they were measured in
turn, round by round, after one round to warm up. A cell is the median of the rounds
and, in brackets, the spread: from the smallest to the largest, in percent of the
median. A ratio (`x ...`) is taken within each round; more than 1 is better than what it
is compared with. The machine was shared and noisy: trust the ratios more than the
numbers beside them, and no difference that is smaller than the spread.
"""


class Section(NamedTuple):
    """What one benchmark gave, and when and where that was."""

    measured: str
    tables: Sequence[Table]


Record = dict[str, Section]


def told_of_machine() -> str:
    """Return of which commit and on what this is; what was measured is no change."""
    commit = _git("describe", "--always") or "unknown"
    kept = (f":(exclude){one.name}" for one in (PAGE, RECORD, PLOTS))
    if _git("status", "--porcelain", "--untracked-files=no", "--", TOP, *kept):
        commit += " with changes"
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    return (
        f"commit {commit}, {os.cpu_count()} cores, "
        f"{model[1] if model else 'unknown'}, {platform.system()}; "
        f"Python {platform.python_version()}, {_versions()}"
    )


def _git(*asked: str) -> str:
    command = ["git", *asked]
    done = subprocess.run(command, cwd=HERE, capture_output=True, text=True)
    return done.stdout.strip()


def moment(machine: str) -> str:
    """Return when this is, and what is told of the machine."""
    return f"Measured {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {machine}."


def keep(
    measured: str, made: Mapping[str, Sequence[Table]], names: Iterable[str]
) -> None:
    """Put sections in place of those of the same names, and write the page anew."""
    record = read_record() | {
        name: Section(measured, tables) for name, tables in made.items()
    }
    record = {name: record[name] for name in names if name in record}
    RECORD.write_text(json.dumps(_as_document(record), indent=1) + "\n")
    PLOTS.mkdir(exist_ok=True)
    for name, section in record.items():
        for table in section.tables:
            if table.plot is not None:
                draw(table.plot, PLOTS / f"{name}.png")
    PAGE.write_text(as_page(record))


def read_record() -> Record:
    """Return what was kept."""
    if not RECORD.exists():
        return {}
    return {
        name: Section(one["measured"], [_table(**table) for table in one["tables"]])
        for name, one in json.loads(RECORD.read_text()).items()
    }


def as_page(record: Record) -> str:
    """Return the page for people."""
    parts = [INTRODUCTION.format(peers=" ".join(PACKAGES[-3:]))]
    every = [table for section in record.values() for table in section.tables]
    goals = [goal for table in every for goal in table.goals]
    parts += ["## Goals", "", *goals_table(goals).as_lines(), ""]
    after = iter([*every[1:], None])
    for name, section in record.items():
        for table in section.tables:
            parts.append(table.as_text())
            if table.plot is not None:
                parts.append(f"![{table.plot.title}](plots/{name}.png)\n")
            if (following := next(after)) is None or following.meaning != table.meaning:
                parts.append(table.meaning)
        parts.append(f"{section.measured}\n")
    return "\n".join(parts).rstrip() + "\n"


def _as_document(record: Record) -> dict[str, object]:
    return {
        name: {
            "measured": section.measured,
            "tables": [_plain(table) for table in section.tables],
        }
        for name, section in record.items()
    }


def _plain(table: Table) -> dict[str, object]:
    goals = [goal._asdict() for goal in table.goals]
    plot = None if table.plot is None else msgspec.to_builtins(table.plot)
    return {**table._asdict(), "goals": goals, "plot": plot}


def _table(
    rows: list[list[object]],
    goals: list[dict[str, object]],
    plot: dict[str, object] | None,
    **rest: object,
) -> Table:
    return Table(
        rows=[[_cell(one) for one in row] for row in rows],
        goals=[Goal(**{**one, "measured": Rounds(one["measured"])}) for one in goals],
        plot=None if plot is None else msgspec.convert(plot, Plot),
        **rest,
    )


def _cell(value: object) -> Cell:
    return Rounds(value) if isinstance(value, list) else value


def _versions() -> str:
    found = []
    for name in PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"no {name}")
    return ", ".join(found)
