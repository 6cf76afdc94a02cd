"""The books of a played day: everything adds up, or a sentence says what does not."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping

from geopush.sandbox.phones import Refused
from geopush.sandbox.promises import PROMISES
from geopush.sandbox.story import STATES, UNDER_WAY, VERDICTS, Posted, Story
from geopush.sandbox.terms import Terms, read_terms, waits_for

NOT_PERMITTED = "location_not_permitted"
ON_TIMERS = "dwell"  # may also be decided without a ping, so no phone is told

Check = Callable[[Story], Iterator[str]]
Candidate = tuple[str, str, str | None]  # offer, customer, zone


def balance(story: Story) -> list[str]:
    """Return one sentence for each thing that does not add up; none if all does."""
    return [sentence for check in CHECKS for sentence in check(story)]


def pings_add_up(story: Story) -> Iterator[str]:
    """Every ping is accounted for, and taken only from those who agreed to it."""
    walkers = story.walkers_by_id()
    for one in story.uploads:
        agreed = walkers[one.customer_id].consents.get("location", False)
        yield from _upload(one, agreed)


def candidates_add_up(story: Story) -> Iterator[str]:
    """Each time somebody came or stayed, each offer for that was considered once."""
    terms = read_terms(story.city.offers)
    due = _due(story)
    had = Counter(
        (one.offer_id, one.customer_id, one.zone_id) for one in story.decisions
    )
    for candidate in sorted(due.keys() | had.keys(), key=str):
        offer_id, customer_id, zone_id = candidate
        wanted, found = due[candidate], had[candidate]
        on_timer = ON_TIMERS in _kinds(terms, offer_id)
        if found < wanted or (found > wanted and not on_timer):
            yield (
                f"{offer_id} was considered {found} times for {customer_id}"
                f" at {zone_id}, but there were {wanted} occasions."
            )


def decisions_have_one_reason(story: Story) -> Iterator[str]:
    """Every decision is of a known kind and has exactly one reason, once."""
    for one in story.decisions:
        about = f"The decision {one.decision_id} about {one.offer_id}"
        if one.verdict not in VERDICTS:
            yield f"{about} came to {one.verdict!r}, which is nothing known."
        if not one.reason or (one.reason == "decided") != (one.verdict == "decided"):
            yield f"{about} came to {one.verdict!r} for the reason {one.reason!r}."
    for decision_id in _repeated(one.decision_id for one in story.decisions):
        yield f"The decision {decision_id} is in the list more than once."


def decided_are_messages(story: Story) -> Iterator[str]:
    """Whatever was decided is a message, once, in a state there is."""
    decided = Counter(
        (one.offer_id, one.customer_id, one.zone_id)
        for one in story.decisions
        if one.verdict == "decided"
    )
    messages = Counter(
        (one.offer_id, one.customer_id, one.zone_id) for one in story.messages
    )
    for candidate in sorted(decided.keys() | messages.keys(), key=str):
        wanted, found = decided[candidate], messages[candidate]
        if wanted != found:
            offer_id, customer_id, zone_id = candidate
            yield (
                f"{offer_id} was decided {wanted} times for {customer_id}"
                f" at {zone_id}, but there are {found} messages."
            )
    for message_id in _repeated(one.message_id for one in story.messages):
        yield f"The message {message_id} is in the list more than once."


def messages_have_ended(story: Story) -> Iterator[str]:
    """Every message is where the outbox knows it, and none is under way any more."""
    for one in story.messages:
        if one.state not in STATES:
            yield f"The message {one.message_id} is {one.state!r}: no state there is."
        elif one.state in UNDER_WAY:
            yield f"The message {one.message_id} is still {one.state} at the end."


def accepted_have_arrived(story: Story) -> Iterator[str]:
    """What the gateways accepted is what the phones got: each once, on its phone."""
    address = {one.customer_id: one.address for one in story.walkers}
    accepted = {
        one.message_id: address.get(one.customer_id)
        for one in story.messages
        if one.state == "accepted"
    }
    arrived: set[str | None] = set()
    for phone in story.phones:
        for push in phone.received:
            if push.repeat or push.message_id in arrived:
                yield f"The message {push.message_id} arrived more than once."
            elif push.message_id not in accepted:
                yield f"A push {push.message_id} arrived that nobody accepted."
            elif accepted[push.message_id] != phone.address:
                yield f"The message {push.message_id} arrived on somebody else's phone."
            arrived.add(push.message_id)
    for message_id in sorted(accepted.keys() - arrived):
        yield f"The message {message_id} was accepted and never arrived."


CHECKS: tuple[Check, ...] = (
    pings_add_up,
    candidates_add_up,
    decisions_have_one_reason,
    decided_are_messages,
    messages_have_ended,
    accepted_have_arrived,
    *PROMISES,
)


def _upload(one: Posted, agreed: bool) -> Iterator[str]:
    whose = f"{one.sent} pings of {one.customer_id} at {one.at.isoformat()}"
    if isinstance(one.answer, Refused):
        if agreed or one.answer.code != NOT_PERMITTED:
            yield f"{whose} were refused: {one.answer.status} {one.answer.code}."
        return
    taken = one.answer
    counted = taken.accepted + taken.late + taken.repeated + len(taken.rejected)
    if counted != one.sent:
        yield f"{whose} were counted as {counted}."
    if not agreed:
        yield f"{whose} were taken without consent to location."


def _due(story: Story) -> Counter[Candidate]:
    """How often each offer should have been considered, by what phones were told."""
    zones: dict[str, tuple[str, tuple[str, ...]]] = {
        **{one.zone_id: (one.borough, one.tags) for one in story.city.restaurants},
        **{one.zone_id: (one.borough, ()) for one in story.city.districts},
    }
    terms = read_terms(story.city.offers)
    due: Counter[Candidate] = Counter()
    for upload in story.uploads:
        if isinstance(upload.answer, Refused):
            continue
        for happened in upload.answer.transitions:
            zone_id = happened.zone_id
            group, tags = zones[zone_id]
            due.update(
                (offer_id, upload.customer_id, zone_id)
                for offer_id, one in terms.items()
                if waits_for(one, happened.kind, zone_id, group, tags)
            )
    return due


def _kinds(terms: Mapping[str, Terms], offer_id: str) -> set[str]:
    """The transitions an offer waits for; none if nobody knows the offer."""
    if offer_id not in terms:
        return set()
    return {kind for one in terms[offer_id].trigger.any for kind in one.on}


def _repeated(ids: Iterable[str]) -> list[str]:
    return sorted(one for one, times in Counter(ids).items() if times > 1)
