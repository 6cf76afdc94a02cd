"""Who may do what."""

from datetime import UTC, datetime, timedelta

import pytest

from geopush.core.access import ALLOWED, KeyHolder, May, Role, hash_key, may, reaches

NOW = datetime(2026, 7, 4, 12, tzinfo=UTC)


def test_every_role_is_in_the_table() -> None:
    assert set(ALLOWED) == set(Role)


@pytest.mark.parametrize(
    ("role", "what", "allowed"),
    [
        (Role.SDK, May.REGISTER_DEVICES, True),
        (Role.SDK, May.NAME_CUSTOMERS, False),
        (Role.MANAGER, May.CHANGE_ZONES, True),
        (Role.MANAGER, May.READ_OFFERS, False),
        (Role.MARKETER, May.READ_ZONES, True),
        (Role.MARKETER, May.CHANGE_ZONES, False),
        (Role.MARKETER, May.READ_DECISIONS, False),
        (Role.CRM, May.NAME_CUSTOMERS, True),
        (Role.CRM, May.CHANGE_OFFERS, False),
        (Role.CRM, May.MOVE_MESSAGES, True),
        (Role.MARKETER, May.MOVE_MESSAGES, False),
        (Role.WEATHER, May.REPORT_WEATHER, True),
        (Role.WEATHER, May.READ_ZONES, False),
        (Role.OPERATOR, May.MANAGE_KEYS, True),
    ],
)
def test_a_role_may_do_its_own_work_only(role: Role, what: May, allowed: bool) -> None:
    assert may(role, what) is allowed


def test_only_an_operator_may_manage_keys() -> None:
    assert [role for role in Role if may(role, May.MANAGE_KEYS)] == [Role.OPERATOR]


def test_a_key_with_a_group_reaches_that_group_alone() -> None:
    bound = KeyHolder("k", Role.MANAGER, group="a")
    assert [reaches(bound, group) for group in ("a", "b", None)] == [True, False, False]
    assert reaches(KeyHolder("k", Role.MANAGER), None)


def test_a_key_ends_at_the_moment_it_expires() -> None:
    holder = KeyHolder("k", Role.CRM, expires_at=NOW)
    assert holder.is_live(NOW - timedelta(microseconds=1))
    assert not holder.is_live(NOW)


def test_a_hash_does_not_show_the_key() -> None:
    assert len(hash_key("gp_sk_x")) == 32
    assert b"gp_sk_x" not in hash_key("gp_sk_x")
