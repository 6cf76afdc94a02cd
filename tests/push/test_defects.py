"""Ten defects of aioapns, which are why its connection is repaired."""

from pathlib import Path

import pytest

from tests.push.defects import DEFECTS, Defect, harms
from tests.push.senders import Ours, Plain

each = pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)


@each
async def test_plain_aioapns_has_the_defect(
    defect: Defect, directory: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert await harms(defect, directory, Plain) > 0


@each
async def test_ours_has_not(
    defect: Defect, directory: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert await harms(defect, directory, Ours) == 0
    assert caplog.records == []
