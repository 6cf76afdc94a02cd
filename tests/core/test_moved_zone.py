"""A zone that moves away from under somebody is left, and no offer speaks of it."""

from datetime import timedelta

from msgspec.structs import replace

from geopush.core.occasion import World
from geopush.core.presence import Kind
from tests.core.world import (
    FAR,
    NOON,
    a_customer,
    a_world,
    a_zone,
    after,
    an_offer,
    ping,
    run,
    the_change,
    upload,
)
from zones import Zone, ZoneId

SHOP = ZoneId("shop")
BYE = an_offer("bye", trigger={"on": ["exit"]}, caps=[])
WORLD = a_world(offers=[BYE])
CHANGED = NOON + timedelta(seconds=30)


def changed(zone: Zone, world: World = WORLD) -> World:
    """The world half a minute after noon, with a zone written anew."""
    catalog = world.catalog.with_changes(2, zones=[zone], changed_at={SHOP: CHANGED})
    return replace(world, catalog=catalog)


def test_who_is_left_behind_by_a_zone_leaves_it_without_an_offer() -> None:
    known = a_customer()
    known = after(known, run(known, upload(ping(0)), world=WORLD))
    world = changed(a_zone(place=FAR))
    change = the_change(run(known, upload(ping(60), ping(70)), world=world))
    (left,) = (one.transition for one in change.happened)
    assert (left.kind, left.reason) == (Kind.EXIT, "zone_changed")
    assert change.decided == ()


def test_who_was_in_its_new_shape_leaves_it_as_ever() -> None:
    known = a_customer()
    known = after(known, run(known, upload(ping(0)), world=WORLD))
    world = changed(a_zone(radius=150))
    steps = (ping(60), ping(120, FAR), ping(130, FAR))
    change = the_change(run(known, upload(*steps), world=world))
    (left,) = (one.transition for one in change.happened)
    assert (left.kind, left.reason) == (Kind.EXIT, None)
    assert [one.offer_id for one in change.decided] == ["bye"]


def test_so_does_who_was_seen_in_it_by_an_upload_before() -> None:
    known, world = a_customer(), changed(a_zone(radius=150))
    known = after(known, run(known, upload(ping(0)), world=WORLD))
    known = after(known, run(known, upload(ping(60)), world=world))
    steps = (ping(120, FAR), ping(130, FAR))
    change = the_change(run(known, upload(*steps), world=world))
    assert [one.transition.reason for one in change.happened] == [None]


def test_a_zone_that_gets_another_name_has_not_moved() -> None:
    assert not changed(a_zone(name="Da Luigi")).catalog.moved
    assert changed(a_zone(radius=50)).catalog.moved == {SHOP: CHANGED}
