"""One reading of a condition, however it is written: how deep, how large, how wrong."""

from collections.abc import Collection

from geopush.core.condition import Condition
from zones import Problem

DEEPEST = 8
MOST_NODES = 64


class Reading:
    """What is allowed, and what was found so far."""

    def __init__(self, problems: list[Problem], roots: Collection[str]) -> None:
        self.problems = problems
        self.roots = roots
        self._before = len(problems)
        self._nodes = 0

    def enter(self, path: str, depth: int) -> bool:
        """Count one more part; refuse it where it is nested too deeply."""
        self.count(1)
        if depth > DEEPEST:
            text = f"is nested deeper than {DEEPEST}; flatten it"
            self.refuse(path, "condition_too_deep", text)
        return depth <= DEEPEST

    def count(self, parts: int) -> None:
        """Count parts that are not entered one by one."""
        self._nodes += parts

    def has_room(self, more: int) -> bool:
        """Stop early where too much is asked, so that a refusal costs little."""
        if self._nodes + more <= 2 * MOST_NODES:  # whoever is near it is counted
            return True
        self.count(more)
        return False

    def refuse(self, path: str, code: str, text: str, meant: str | None = None) -> None:
        """Note something that is wrong."""
        self.problems.append(Problem(path, code, text, suggestion=meant))

    def end(self, condition: Condition | None, path: str) -> Condition | None:
        """Return what was read at a path, unless anything was wrong with it."""
        if self._nodes > MOST_NODES:
            text = f"has {self._nodes} parts; at most {MOST_NODES} are taken"
            self.refuse(path, "condition_too_large", text)
        return None if len(self.problems) > self._before else condition
