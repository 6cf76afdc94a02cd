"""What commands print: problems in a list for people, JSON for machines."""

import sys
from collections.abc import Sequence
from typing import NoReturn

import click
import msgspec

from zones import Problem


def show(value: object) -> None:
    """Print a result as JSON."""
    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def refuse(problems: Sequence[Problem], name: str) -> NoReturn:
    """Print all that is wrong with a file, and end with 1."""
    for problem in problems:
        click.echo(f"{name}: {sentence(problem)}", err=True)
    click.echo(f"{len(problems)} to mend", err=True)
    sys.exit(1)


def sentence(problem: Problem) -> str:
    """A problem in one line: where, what, and how to mend it."""
    place = "" if problem.at is None else f" at {problem.at[0]}, {problem.at[1]}"
    hint = "" if problem.suggestion is None else f" ({problem.suggestion})"
    return f"{problem.path}{place}: {problem.text}{hint}"
