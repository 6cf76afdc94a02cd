"""What becomes of a message after the gateway's answer."""

from datetime import timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from geopush.core.message import (
    Accepted,
    AddressDead,
    AuthFailed,
    Content,
    Delivery,
    Message,
    MessageId,
    Objection,
    Outcome,
    Rejected,
    State,
    Throttled,
    Transient,
)
from geopush.core.outbox import ENDS, MOVES, Event, end, settle
from tests.core.world import NOON


def a_message(**changes: object) -> Message:
    message = Message(
        message_id=MessageId(UUID(int=5)),
        bucket=1,
        customer_id="anna",
        device_id="phone-1",
        offer_id="ice-cream",
        zone_id="shop",
        app="demo",
        address=None,
        content=Content(title="Sun", body="Ice"),
        delivery=Delivery.AT_MOST_ONCE,
        decided_at=NOON,
        due=NOON,
        expires_at=NOON + timedelta(minutes=45),
        attempts=1,
        claim=UUID(int=9),
    )
    return replace(message, **changes)


AGAIN = Delivery.AT_LEAST_ONCE


@pytest.mark.parametrize(
    ("outcome", "delivery", "state"),
    [
        (Accepted(), Delivery.AT_MOST_ONCE, State.ACCEPTED),
        (AddressDead("unregistered"), Delivery.AT_MOST_ONCE, State.DEAD_ADDRESS),
        (Rejected("bad_topic"), Delivery.AT_MOST_ONCE, State.REJECTED),
        (Throttled("slow"), Delivery.AT_MOST_ONCE, State.RETRY),
        (AuthFailed("bad_key"), Delivery.AT_MOST_ONCE, State.RETRY),
        (Transient("refused", ambiguous=False), Delivery.AT_MOST_ONCE, State.RETRY),
        (Transient("timeout", ambiguous=True), Delivery.AT_MOST_ONCE, State.UNKNOWN),
        (Transient("timeout", ambiguous=True), AGAIN, State.RETRY),
    ],
)
def test_each_answer_leads_to_one_state(
    outcome: Outcome, delivery: Delivery, state: State
) -> None:
    assert settle(a_message(delivery=delivery), outcome, NOON).state is state


def test_a_retry_waits_longer_each_time_and_never_beyond_the_longest() -> None:
    refused = Transient("refused", ambiguous=False)
    far = NOON + timedelta(days=1)
    waits = [
        settle(a_message(attempts=n, expires_at=far), refused, NOON).due - NOON
        for n in range(1, 30)
    ]
    assert waits[0] <= timedelta(seconds=2)
    assert waits[6] > waits[0]
    assert max(waits) <= timedelta(minutes=15)


def test_what_the_gateway_asks_for_is_waited_for() -> None:
    asked = timedelta(minutes=5)
    fate = settle(a_message(), Throttled("slow", retry_after=asked), NOON)
    assert fate.due - NOON >= asked


def test_a_retry_after_expiry_is_no_retry() -> None:
    asked = timedelta(hours=1)
    fate = settle(a_message(), Throttled("slow", retry_after=asked), NOON)
    assert fate.state is State.EXPIRED


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Transient("timeout", ambiguous=True), State.UNKNOWN),
        (Transient("refused", ambiguous=False), State.EXPIRED),
        (Throttled("slow"), State.EXPIRED),
    ],
)
def test_what_may_have_arrived_before_it_expired_is_not_said_to_be_unsent(
    outcome: Outcome, state: State
) -> None:
    over = a_message(delivery=AGAIN, expires_at=NOON)
    assert settle(over, outcome, NOON).state is state


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Accepted(), State.ACCEPTED),
        (Throttled("slow"), State.RETRY),
        (Rejected("bad_topic"), State.UNKNOWN),
        (AddressDead("unregistered"), State.UNKNOWN),
    ],
)
def test_a_message_stays_in_doubt_through_all_later_tries(
    outcome: Outcome, state: State
) -> None:
    maybe = settle(a_message(delivery=AGAIN), Transient("timeout", True), NOON).message
    fate = settle(maybe, outcome, NOON)
    assert (fate.state, fate.message.in_doubt) == (state, True)


def test_a_message_in_doubt_that_is_held_back_ends_unknown() -> None:
    sure, maybe = a_message(), a_message(in_doubt=True)
    assert end(sure, State.WITHDRAWN, NOON, "no_consent").state is State.WITHDRAWN
    assert end(maybe, State.WITHDRAWN, NOON, "no_consent").state is State.UNKNOWN


def test_messages_of_one_storm_do_not_come_back_together() -> None:
    refused = Transient("refused", ambiguous=False)
    messages = [a_message(message_id=UUID(int=n), attempts=5) for n in range(50)]
    assert len({settle(one, refused, NOON).due for one in messages}) > 40


def test_what_we_object_to_ends_as_we_say() -> None:
    objection = Objection(State.WITHDRAWN, "no_consent")
    fate = settle(a_message(), objection, NOON)
    assert (fate.state, fate.reason) == (State.WITHDRAWN, "no_consent")


def test_who_may_not_be_looked_up_is_tried_again() -> None:
    fate = settle(a_message(), Objection(State.RETRY, "no_last_look"), NOON)
    assert fate.state is State.RETRY
    assert fate.due > NOON


def test_nothing_follows_an_end_by_itself() -> None:
    by_hand = {Event.RETRIED, Event.DROPPED}
    moved = {move.before for move in MOVES if move.event not in by_hand}
    assert moved == set(State) - ENDS


def test_every_state_is_reached() -> None:
    assert {move.after for move in MOVES} | {State.QUEUED} == set(State)
