"""What was measured: tables for people and machines, and the goals they speak to."""

from collections.abc import Sequence
from typing import NamedTuple

from geopush.bench.plot import Plot
from geopush.bench.rounds import Rounds, brief

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
        if sign * self.measured.median >= sign * self.aim:
            return "aim"
        return "must" if sign * self.measured.median >= sign * self.must else "no"

    def as_row(self) -> list[Cell]:
        """Return it as a row of a table of goals."""
        limits = [f"{brief(one)}{self.unit}" for one in (self.must, self.aim)]
        return [self.what, *limits, str(self.measured), self.reached]


class Table(NamedTuple):
    """What came of all contenders in one contest, and what the columns mean."""

    title: str
    note: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    meaning: str
    goals: Sequence[Goal] = ()
    plot: Plot | None = None

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
