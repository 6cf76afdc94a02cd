"""Every problem that the door can name has a title for people."""

import ast
from pathlib import Path

import pytest

from geopush import api
from geopush.api.problems import TITLES
from geopush.core.identity import Doubt

SOURCES = sorted(Path(next(iter(api.__path__))).glob("*.py"))


def codes(source: Path) -> set[str]:
    """The codes that a module makes problems of."""
    calls = (
        node
        for node in ast.walk(ast.parse(source.read_text()))
        if isinstance(node, ast.Call) and node.args
        if isinstance(node.func, ast.Name) and node.func.id == "ProblemException"
    )
    firsts = [call.args[0] for call in calls]
    return {str(one.value) for one in firsts if isinstance(one, ast.Constant)}


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_every_code_that_is_written_out_has_a_title(source: Path) -> None:
    assert codes(source) <= TITLES.keys()


@pytest.mark.parametrize("doubt", Doubt)
def test_every_doubt_about_a_customer_has_a_title(doubt: Doubt) -> None:
    assert f"customer_{doubt}" in TITLES
