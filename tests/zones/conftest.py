"""What the tests of zones share."""

import pytest

from zones import IndexKind


@pytest.fixture(params=list(IndexKind))
def kind(request: pytest.FixtureRequest) -> IndexKind:
    """Return each kind of index in turn."""
    kind: IndexKind = request.param
    return kind


@pytest.fixture(params=[kind for kind in IndexKind if kind != IndexKind.SCAN])
def other_kind(request: pytest.FixtureRequest) -> IndexKind:
    """Return each kind but the one that all are measured by."""
    kind: IndexKind = request.param
    return kind
