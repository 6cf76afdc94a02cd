"""The catalog: which offers something at a zone is an occasion for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from geopush.core.catalog import Catalog
from geopush.core.offer import wants
from geopush.core.trigger import On, Selector, Trigger
from tests.core.world import a_zone, an_offer
from zones import IndexKind, build_index

words = st.sampled_from(["a", "b", "c"])
some = st.none() | st.lists(words, min_size=1, max_size=2, unique=True).map(tuple)
triggers = st.builds(
    Trigger,
    on=st.lists(st.sampled_from(On), min_size=1, max_size=3).map(tuple),
    zones=st.builds(Selector, tags=some, ids=some, groups=some),
)
offers = st.lists(
    st.lists(triggers, min_size=1, max_size=3).map(tuple), max_size=6
).map(
    lambda every: tuple(
        replace(an_offer(f"offer-{number}"), triggers=one)
        for number, one in enumerate(every)
    )
)
zones = st.builds(
    lambda zone_id, group, tags: a_zone(zone_id, group=group, tags=tags),
    words,
    st.none() | words,
    st.lists(words, max_size=2, unique=True),
)


@pytest.mark.slow
@given(offers, zones, st.sampled_from(On))
def test_the_offers_for_a_zone_are_those_that_want_it(every, zone, kind) -> None:
    catalog = Catalog(1, build_index([zone], IndexKind.SCAN), every)
    right = [
        one for one in every if wants(one, kind, zone.zone_id, zone.group, zone.tags)
    ]
    assert catalog.offers_for(kind, zone) == right
