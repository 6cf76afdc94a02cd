"""Customers who turn out to be one, devices that change hands, and starting over."""

import pytest
from msgspec.structs import replace

from geopush.core.cap import Window
from geopush.core.customer import Consent, MaxMessages, Preferences, Purpose
from geopush.core.merge import (
    UNBORN,
    leave,
    merge,
    nobody,
    revised,
    start_over,
    without_address,
)
from geopush.core.ping import customer_key
from geopush.core.schedule import QuietHours
from tests.core.people import NOON, after, customer, phone, said_no, said_yes, tally

PUSH = Purpose.PUSH_MARKETING
THREE = MaxMessages(3, Window())
ONE = MaxMessages(1, Window())
NIGHT = QuietHours("22:00", "08:00")
DAY = QuietHours("08:00", "22:00")


@pytest.mark.parametrize(
    ("named", "anonymous", "merged"),
    [
        ({}, {}, None),
        ({PUSH: said_yes(0)}, {}, (True, 0)),
        ({}, {PUSH: said_yes(1)}, (True, 1)),
        ({}, {PUSH: said_no(1)}, (False, 1)),
        ({PUSH: said_yes(0)}, {PUSH: said_yes(1)}, (True, 1)),
        ({PUSH: said_yes(0)}, {PUSH: said_no(1)}, (False, 1)),
        ({PUSH: said_yes(2)}, {PUSH: said_no(1)}, (False, 2)),
        ({PUSH: said_no(0)}, {PUSH: said_yes(1)}, (False, 1)),
    ],
)
def test_the_stricter_of_the_recorded_consents_wins(
    named: dict[Purpose, Consent],
    anonymous: dict[Purpose, Consent],
    merged: tuple[bool, int] | None,
) -> None:
    both = merge(customer("ann", consents=named), customer("x", consents=anonymous))
    found = both.profile.consents.get(PUSH)
    wanted = merged and (merged[0], after(merged[1]))
    assert (found and (found.granted, found.at)) == wanted


@pytest.mark.parametrize(
    ("named", "anonymous", "merged"),
    [
        ((), (), []),
        ((1, 2), (3,), [1, 2, 3]),
        ((3,), (1, 2), [1, 2, 3]),
        ((1, 2), (1, 2, 3), [1, 2, 3]),
    ],
)
def test_tallies_add_up_and_each_message_counts_once(
    named: tuple[int, ...], anonymous: tuple[int, ...], merged: list[int]
) -> None:
    both = merge(
        customer("ann", tallies=tuple(tally(one) for one in named)),
        customer("x", tallies=tuple(tally(one) for one in anonymous)),
    )
    assert [one.message_id.int for one in both.state.tallies] == merged


@pytest.mark.parametrize(
    ("named", "anonymous", "merged"),
    [
        (
            Preferences(topics={"ice": True, "beer": False, "tea": True}),
            Preferences(topics={"ice": False, "beer": True, "soup": True}),
            Preferences(
                topics={"ice": False, "beer": False, "tea": True, "soup": True}
            ),
        ),
        (
            Preferences(muted_zones=("a", "b")),
            Preferences(muted_zones=("b", "c")),
            Preferences(muted_zones=("a", "b", "c")),
        ),
        (
            Preferences(paused_until=after(1)),
            Preferences(paused_until=after(9)),
            Preferences(paused_until=after(9)),
        ),
        (
            Preferences(paused_until=after(1)),
            Preferences(),
            Preferences(paused_until=after(1)),
        ),
        (
            Preferences(),
            Preferences(max_messages=THREE, quiet_hours=NIGHT),
            Preferences(max_messages=THREE, quiet_hours=NIGHT),
        ),
        (
            Preferences(max_messages=ONE, quiet_hours=DAY),
            Preferences(max_messages=THREE, quiet_hours=NIGHT),
            Preferences(max_messages=ONE, quiet_hours=DAY),
        ),
    ],
)
def test_of_both_preferences_the_quieter_hold(
    named: Preferences, anonymous: Preferences, merged: Preferences
) -> None:
    both = merge(
        customer("ann", preferences=named), customer("x", preferences=anonymous)
    )
    assert both.profile.preferences == merged


def test_the_devices_of_both_are_those_of_the_named_one() -> None:
    both = merge(
        customer("ann", phones={"old": phone()}),
        customer("x", phones={"new": phone(after(5))}, identified=False),
    )
    assert both.profile.devices == {"old": phone(), "new": phone(after(5))}
    assert set(both.state.devices) == {"old", "new"}


def test_what_both_say_of_an_attribute_is_as_the_named_one_says() -> None:
    named, anonymous = customer("ann"), customer("x")
    profile = replace(named.profile, attributes={"member": True})
    other = replace(anonymous.profile, attributes={"member": False, "shoe": 43})
    both = merge(replace(named, profile=profile), replace(anonymous, profile=other))
    assert both.profile.attributes == {"member": True, "shoe": 43}


def test_the_merged_customer_is_the_named_one_and_identified() -> None:
    both = merge(nobody(customer_key("ann")), customer("x", identified=False))
    assert (both.customer, both.version) == (customer_key("ann"), UNBORN)
    assert both.profile.identified


@pytest.mark.parametrize(
    ("named", "anonymous", "merged"),
    [
        (None, None, None),
        (after(1), None, after(1)),
        (None, after(2), after(2)),
        (after(3), after(2), after(3)),
    ],
)
def test_the_last_moment_of_deciding_is_the_later_one(
    named: object, anonymous: object, merged: object
) -> None:
    one, other = customer("ann"), customer("x")
    both = merge(
        replace(one, state=replace(one.state, now=named)),
        replace(other, state=replace(other.state, now=anonymous)),
    )
    assert both.state.now == merged


def test_a_device_that_leaves_takes_its_whereabouts_along_and_no_tally() -> None:
    ann = customer("ann", phones={"a": phone(), "b": phone()}, tallies=(tally(1),))
    left = leave(ann, "a")
    assert set(left.profile.devices) == set(left.state.devices) == {"b"}
    assert left.state.tallies == (tally(1),)


def test_who_starts_over_keeps_the_tallies_and_nothing_else() -> None:
    ann = customer(
        "ann", phones={"a": phone()}, consents={PUSH: said_yes(0)}, tallies=(tally(1),)
    )
    alone = start_over(customer_key("anon-1"), ann)
    assert (alone.state.tallies, alone.state.now) == ((tally(1),), NOON)
    assert alone.state.devices == {}
    assert alone.profile == nobody(alone.customer).profile


def test_a_device_without_an_address_is_out_of_reach() -> None:
    ann = customer("ann", phones={"a": phone(), "b": phone()})
    silent = without_address(ann, "a")
    assert [one.has_address for one in silent.profile.devices.values()] == [False, True]
    assert without_address(ann, "unknown") == ann


def test_a_profile_counts_its_changes_and_only_those() -> None:
    before = customer("ann").profile
    assert revised(before, before) is before
    assert revised(before, replace(before, test=True)).revision == 1
