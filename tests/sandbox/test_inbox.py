"""What arrived, and what the phone shows of it."""

import pytest

from geopush.sandbox.clock import SteppedClock
from geopush.sandbox.inbox import Extras, Inbox, Push, read_extras
from tests.sandbox.build import NOON


@pytest.fixture
def inbox() -> Inbox:
    return Inbox(SteppedClock(NOON))


def push(
    title: str | None = "Sun!",
    collapse_id: str | None = None,
    address: str = "phone",
    message_id: str | None = None,
) -> Push:
    return Push(
        address=address,
        platform="ios",
        app="demo",
        title=title,
        collapse_id=collapse_id,
        extras=Extras(message_id),
    )


def titles(inbox: Inbox) -> list[str | None]:
    (phone,) = inbox.phones()
    return [item.title for item in phone.tray]


def test_pushes_without_a_collapse_id_stand_side_by_side(inbox: Inbox) -> None:
    inbox.record(push("one"))
    inbox.record(push("two"))
    assert titles(inbox) == ["one", "two"]


def test_the_latest_of_one_collapse_id_replaces_and_comes_out_on_top(
    inbox: Inbox,
) -> None:
    inbox.record(push("old", collapse_id="a"))
    inbox.record(push("other", collapse_id="b"))
    inbox.record(push("new", collapse_id="a"))
    assert titles(inbox) == ["other", "new"]


def test_everything_that_arrived_is_kept(inbox: Inbox) -> None:
    inbox.record(push("old", collapse_id="a"))
    inbox.record(push("new", collapse_id="a"))
    assert [item.title for item in inbox.received()] == ["old", "new"]


def test_a_silent_push_arrives_and_shows_nothing(inbox: Inbox) -> None:
    inbox.record(push(title=None))
    (phone,) = inbox.phones()
    assert (len(phone.received), phone.tray) == (1, [])


def test_one_collapse_id_on_two_phones_is_two_items(inbox: Inbox) -> None:
    inbox.record(push(collapse_id="a", address="first"))
    inbox.record(push(collapse_id="a", address="second"))
    assert [len(phone.tray) for phone in inbox.phones()] == [1, 1]


def test_a_message_that_came_before_is_a_repeat(inbox: Inbox) -> None:
    items = [inbox.record(push(message_id=name)) for name in ("m", "n", "m")]
    assert [item.repeat for item in items] == [False, False, True]


def test_pushes_without_a_message_id_are_no_repeats(inbox: Inbox) -> None:
    assert [inbox.record(push()).repeat for _ in range(2)] == [False, False]


def test_an_emptied_inbox_remembers_no_message(inbox: Inbox) -> None:
    inbox.record(push(message_id="m"))
    inbox.clear()
    assert inbox.phones() == []
    assert not inbox.record(push(message_id="m")).repeat


def test_items_have_the_time_of_the_sandbox(inbox: Inbox) -> None:
    assert inbox.record(push()).at == NOON


@pytest.mark.parametrize("foreign", [None, "text", 7, {"buttons": "like"}, {"url": 1}])
def test_what_another_sender_put_there_is_no_error(foreign: object) -> None:
    assert read_extras(foreign) == Extras()
