"""Templates that mean harm are refused when saved, or keep to the limits."""

import pytest

from geopush.core.phrase import LONGEST_SAID
from tests.core.attacks import KNOWN, fate_of, made_up, within_limits

HARMLESS = {"large outputs", "large default"}  # allowed, but for how much they say


@pytest.mark.parametrize("name", KNOWN)
def test_a_known_attack_is_refused_or_says_no_more_than_fits(name: str) -> None:
    fate = fate_of(KNOWN[name])
    if name in HARMLESS:
        assert fate.said == LONGEST_SAID
    else:
        assert fate.refused is not None


def test_whatever_is_made_up_is_refused_or_keeps_to_the_limits() -> None:
    fates = [fate_of(source) for source in made_up(seed=3, count=400)]
    assert all(within_limits(fate) for fate in fates)
    assert sum(fate.refused is None for fate in fates) > 40
    assert sum(fate.refused is not None for fate in fates) > 40
