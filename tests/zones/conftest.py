"""What the tests of zones share."""

import importlib.util
from pathlib import Path

import pytest

from tests.zones.kinds import Compiled, Kind

KINDS = [
    kind
    if kind != Kind.COMPILED
    else pytest.param(
        kind,
        marks=pytest.mark.skipif(
            importlib.util.find_spec("numba") is None, reason="numba is not installed"
        ),
    )
    for kind in Kind
]


@pytest.fixture(autouse=True, scope="session")
def _kept(kernel_dir: Path) -> None:
    """Keep what is compiled from one run of the tests to the next."""
    Compiled.directory = str(kernel_dir)


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> Kind:
    """Return each kind of index in turn."""
    kind: Kind = request.param
    return kind


@pytest.fixture(params=KINDS[1:])
def other_kind(request: pytest.FixtureRequest) -> Kind:
    """Return each kind but the one that all are measured by."""
    kind: Kind = request.param
    return kind
