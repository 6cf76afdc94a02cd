"""What people were promised: consent, caps, quiet hours, the weather of the offer.

Every promise is counted anew from what the walkers themselves answered and chose.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec

from geopush.sandbox.city.hours import Observation
from geopush.sandbox.story import GIVEN_BACK, Message, Story
from geopush.sandbox.terms import (
    Cap,
    Told,
    Window,
    asks_for_weather,
    fills,
    holds,
    is_between,
    read_terms,
)
from geopush.sandbox.walkers import Walker


def only_those_who_agreed_heard(story: Story) -> Iterator[str]:
    """Nobody without consent to push and to location got anything."""
    walkers, terms = story.walkers_by_id(), read_terms(story.city.offers)
    for one in story.messages:
        for purpose in ("location", terms[one.offer_id].purpose):
            if not walkers[one.customer_id].consents.get(purpose, False):
                yield f"{_told(one)} without consent to {purpose}."
    refused = {
        one.address
        for one in story.walkers
        if not (one.consents.get("location") and one.consents.get("push_marketing"))
    }
    for phone in story.phones:
        if phone.address in refused and phone.received:
            yield f"{len(phone.received)} pushes arrived on a phone that refused them."


def no_cap_was_passed(story: Story) -> Iterator[str]:
    """Nobody got more of an offer, of its kind, or in all, than they may."""
    terms, walkers = read_terms(story.city.offers), story.walkers_by_id()
    for customer_id, messages in _sent(story).items():
        walker = walkers[customer_id]
        told = [
            Told(
                one.decided_at, one.offer_id, terms[one.offer_id].category, one.zone_id
            )
            for one in messages
        ]
        for at, one in enumerate(messages):
            for cap in (*terms[one.offer_id].caps, *_own_cap(walker)):
                if fills(cap, told[:at], told[at], walker.timezone):
                    yield f"{_told(one)} over a cap of {cap.limit} for {cap.scope}."


def quiet_hours_were_quiet(story: Story) -> Iterator[str]:
    """Nobody got anything at an hour at which they want none, by their own clock."""
    customers = story.walkers_by_id()
    for one in story.messages:
        if _is_quiet(customers[one.customer_id], one.decided_at):
            yield f"{_told(one)} in their quiet hours."
    walkers = {one.address: one for one in story.walkers}
    for phone in story.phones:
        walker = walkers.get(phone.address)
        for push in phone.received:
            if walker is not None and _is_quiet(walker, push.at):
                yield (
                    f"{push.message_id} arrived at {walker.customer_id} at"
                    f" {push.at.isoformat()}, in their quiet hours."
                )


def the_weather_was_right(story: Story) -> Iterator[str]:
    """No offer went out below its temperature, or in other weather than it asks for."""
    terms = read_terms(story.city.offers)
    for one in story.messages:
        conditions = terms[one.offer_id].conditions
        if conditions is None or not asks_for_weather(conditions):
            continue
        seen = story.weather_at(one.decided_at)
        if seen is None:
            yield f"{_told(one)} before any weather was known."
        elif holds(conditions, _values(seen)) is False:
            yield f"{_told(one)} at {seen.temperature_c} °C and {seen.sky}."


PROMISES = (
    only_those_who_agreed_heard,
    no_cap_was_passed,
    quiet_hours_were_quiet,
    the_weather_was_right,
)


def _told(one: Message) -> str:
    return f"{one.offer_id} went to {one.customer_id} at {one.decided_at.isoformat()}"


def _sent(story: Story) -> dict[str, list[Message]]:
    """The messages that count, by customer, in the order they were decided."""
    sent: defaultdict[str, list[Message]] = defaultdict(list)
    for one in sorted(story.messages, key=lambda one: one.decided_at):
        if one.state not in GIVEN_BACK:
            sent[one.customer_id].append(one)
    return sent


def _own_cap(walker: Walker) -> tuple[Cap, ...]:
    most = walker.preferences.max_messages
    if most is None:
        return ()
    window = Window(rolling=msgspec.convert(most.window.rolling, timedelta))
    return (Cap("all", most.limit, window),)


def _is_quiet(walker: Walker, at: datetime) -> bool:
    quiet = walker.preferences.quiet_hours
    if quiet is None:
        return False
    return is_between(quiet.start, quiet.end, at, walker.timezone)


def _values(seen: Observation) -> dict[str, object]:
    return {
        f"weather.{name}": value for name, value in msgspec.to_builtins(seen).items()
    }
