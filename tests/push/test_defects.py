"""Ten defects of aioapns, which ours has not: ``python -m tests.push.defects`` tells.

That shows plain aioapns beside it; what is wrong with that hangs on its luck with time.
"""

from pathlib import Path

import pytest

from tests.push.defects import DEFECTS, Defect, harms
from tests.push.senders import Ours

each = pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)


@each
async def test_ours_has_not(
    defect: Defect, directory: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert await harms(defect, directory, Ours) == 0
    assert caplog.records == []
