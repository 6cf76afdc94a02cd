"""What was measured: tables for people and machines, and the page that keeps them."""

import os
import platform
import re
import statistics
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

PAGE = Path(__file__).parent / "RESULTS.md"
PACKAGES = ("shapely", "rtree", "h3", "numpy", "asyncpg", "msgspec")
INTRODUCTION = """\
# Results

What `make bench` measured last, and wrote here. `python -m benchmarks match` (or
`ingest`, or `door`) measures one thing and prints it; `--quick` takes less than two
minutes, `--json` is for machines, `--zones N` makes a city of so many zones.

- **Begun**: {began}
{machine}

**How to read it.** Each contender ran in a process of its own; they were measured in
turn, round by round, after one round to warm up. A cell is the median of the rounds
and, in brackets, the spread: from the smallest to the largest, in percent of the
median. A ratio (`x ...`) is taken within each round; more than 1 is better than what it
is compared with. The machine was shared and noisy, other programs ran on the same
cores: trust the ratios more than the numbers beside them, and no difference that is
smaller than the spread.
"""


class Rounds(list[float]):
    """What was measured in each round, shown as median and spread."""

    def __str__(self) -> str:
        middle = statistics.median(self)
        spread = (max(self) - min(self)) / middle if middle else 0.0
        for size, letter in ((1e6, " M"), (1e3, " k")):
            if middle >= size:
                return f"{middle / size:.3g}{letter} ({spread:.0%})"
        return f"{middle:.3g} ({spread:.0%})"


Cell = str | int | float | Rounds


class Goal(NamedTuple):
    """What something should be: at least so much, or at most if less is better."""

    what: str
    must: float
    aim: float
    measured: Rounds
    unit: str = "x"
    less: bool = False

    @property
    def reached(self) -> str:
        """Say whether the median is as good as the aim, as what must be, or not."""
        sign = -1 if self.less else 1
        median = statistics.median(self.measured)
        if sign * median >= sign * self.aim:
            return "aim"
        return "must" if sign * median >= sign * self.must else "no"

    def as_row(self) -> list[Cell]:
        """Return it as a row of a table of goals."""
        limits = [f"{one:g}{self.unit}" for one in (self.must, self.aim)]
        return [self.what, *limits, str(self.measured), self.reached]


class Table(NamedTuple):
    """What came of all contenders in one contest, and what the columns mean."""

    title: str
    note: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    meaning: str
    goals: Sequence[Goal] = ()

    def as_text(self) -> str:
        """Return the table as it looks well in a terminal and in a document."""
        return "\n".join([f"## {self.title}", "", self.note, "", *self.as_lines(), ""])

    def as_lines(self) -> list[str]:
        """Return its head and its rows."""
        lines = [self.columns, *([str(cell) for cell in row] for row in self.rows)]
        widths = [max(map(len, cells)) for cells in zip(*lines, strict=True)]
        lines.insert(1, ["-" * width for width in widths])
        return ["| " + " | ".join(map(str.ljust, one, widths)) + " |" for one in lines]

    def as_rows(self) -> dict[str, object]:
        """Return the table for machines, each round of it."""
        rows = [dict(zip(self.columns, row, strict=True)) for row in self.rows]
        goals = [{**one._asdict(), "reached": one.reached} for one in self.goals]
        return {"title": self.title, "note": self.note, "rows": rows, "goals": goals}


def goals_table(goals: Sequence[Goal]) -> Table:
    """Return all goals in one table."""
    columns = ("goal", "must", "aim", "measured", "reached")
    return Table("Goals", "", columns, [one.as_row() for one in goals], "")


def beginning() -> str:
    """Return when this is and of which commit; ask before measuring."""
    command = ["git", "describe", "--always", "--dirty= with changes"]
    done = subprocess.run(command, cwd=PAGE.parent, capture_output=True, text=True)
    commit = done.stdout.strip() or "unknown"
    return f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, commit {commit}"


def write_page(began: str, tables: Sequence[Table]) -> None:
    """Keep what was measured, with all that is needed to understand it."""
    parts = [INTRODUCTION.format(began=began, machine=_machine())]
    for number, table in enumerate(tables, start=1):
        parts.append(table.as_text())
        if number == len(tables) or tables[number].meaning != table.meaning:
            parts.append(table.meaning)
    PAGE.write_text("\n".join(parts))


def _machine() -> str:
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return (
        f"- **Machine**: {os.cpu_count()} cores, {model[1] if model else 'unknown'}, "
        f"{platform.system()}, load at the end {os.getloadavg()[1]:.1f}\n"
        f"- **Versions**: Python {platform.python_version()}, {versions}"
    )
