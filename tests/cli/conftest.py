"""A terminal to type commands in."""

import logging
from collections.abc import Iterator

import pytest

from tests.cli.command import Terminal


@pytest.fixture
def terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Terminal]:
    """A terminal without any setting; what it does to logging is undone."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield Terminal(monkeypatch, capsys)
    root.handlers = handlers
    root.setLevel(level)
