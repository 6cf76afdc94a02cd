"""Offers, compiled once, when they are read; or refused, with all that is wrong."""

from collections.abc import Collection
from datetime import timedelta
from enum import StrEnum, auto
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from geopush.core.cap import Cap, check_window
from geopush.core.condition_reader import parse_condition
from geopush.core.customer import Purpose
from geopush.core.experiment import (
    Experiment,
    StopWhen,
    check_experiment,
    check_leaving,
    check_stop,
)
from geopush.core.message import Delivery
from geopush.core.query_reader import is_query, read_query
from geopush.core.rule import Rule, compile_rule
from geopush.core.schedule import Schedule, check_schedule
from geopush.core.shape import MISFITS, Word, fitting, pieces, read
from geopush.core.trigger import On, Trigger, Words, read_triggers, waits_for
from geopush.core.wording import (
    MessageDocument,
    MessageTemplate,
    read_message,
    read_wordings,
)
from zones import Problem

READ_ONLY = ("offer_id", "revision", "paused")  # what GET adds and PUT takes back
MOST_BYTES = 262_144
CONDITION_ROOTS = ("attributes", "counters", "customer", "time", "weather", "zone")
AUDIENCE_ROOTS = ("attributes", "counters", "customer")


class Category(StrEnum):
    """What kind of message an offer is."""

    PROMO = auto()
    UPSELL = auto()
    CROSS_SELL = auto()
    REWARD = auto()
    GUIDANCE = auto()
    SERVICE = auto()


class Status(StrEnum):
    """What becomes of an offer's decisions; a shadow decides and sends nothing."""

    DRAFT = auto()
    SHADOW = auto()
    LIVE = auto()
    PAUSED = auto()
    ENDED = auto()


class Quiet(StrEnum):
    """What becomes of a message in quiet hours."""

    DROP = auto()
    DEFER = auto()


class AudienceDocument(Struct, frozen=True, forbid_unknown_fields=True):
    """To whom, as the author wrote it."""

    topics: Words | None = None
    where: object = None
    identified: bool = False


class OfferDocument(Struct, frozen=True, forbid_unknown_fields=True):
    """An offer as its author wrote it; what is a language of its own is read apart."""

    name: Word
    category: Category
    trigger: object
    message: MessageDocument
    priority: Annotated[int, Meta(ge=0, le=100)] = 50
    status: Status = Status.DRAFT
    audience: AudienceDocument = AudienceDocument()
    conditions: object = None
    schedule: Schedule | None = None
    caps: Annotated[tuple[Cap, ...], Meta(max_length=16)] = ()
    experiment: Experiment | None = None
    stop_when: Annotated[tuple[StopWhen, ...], Meta(max_length=8)] = ()
    delivery: Delivery | None = None
    quiet: Quiet = Quiet.DROP
    max_event_age_seconds: Annotated[int, Meta(ge=1, le=604_800)] = 600
    max_weather_age_seconds: Annotated[int, Meta(ge=60, le=86_400)] = 7200
    apps: Words | None = None
    offer_id: str | None = None
    revision: int | None = None
    paused: bool | None = None


class Audience(Struct, frozen=True):
    """To whom: those with one of the topics, for whom ``where`` holds."""

    topics: tuple[str, ...] = ()
    where: Rule | None = None
    identified: bool = False


class Offer(Struct, frozen=True):
    """An offer, ready to be decided; ``document`` is what its author wrote.

    ``wordings`` are what its variants say, where they say it differently.
    """

    offer_id: str
    name: str
    category: Category
    priority: int
    status: Status
    audience: Audience
    triggers: tuple[Trigger, ...]
    conditions: Rule | None
    schedule: Schedule | None
    caps: tuple[Cap, ...]
    experiment: Experiment | None
    message: MessageTemplate
    wordings: dict[str, MessageTemplate]
    stop_when: tuple[StopWhen, ...]
    delivery: Delivery
    quiet: Quiet
    max_event_age: timedelta
    max_weather_age: timedelta
    apps: tuple[str, ...]
    document: dict[str, object]


class Refusal(Struct, frozen=True):
    """Why a body is no offer; ``unreadable`` if it does not even have the shape."""

    unreadable: bool
    problems: tuple[Problem, ...]


def parse_offer(offer_id: str, body: bytes) -> Offer | Refusal:
    """Return an offer ready to be decided, or everything that is wrong with it."""
    if len(body) > MOST_BYTES:
        text = f"is longer than {MOST_BYTES} bytes; no offer needs that many"
        return Refusal(True, (Problem("$", "too_large", text),))
    try:
        raw = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        text = f"is no JSON that can be read: {str(error)[:200]}"
        return Refusal(True, (Problem("$", "unreadable", text),))
    problems: list[Problem] = []
    draft = read(raw, OfferDocument, "$", problems)
    parts = _read_parts(raw, problems)
    _check_id(draft, offer_id, problems)
    if draft is not None and parts.message is not None and not problems:
        return _compile(offer_id, draft, parts, parts.message, _written(raw))
    unreadable = any(problem.code in MISFITS for problem in problems)
    return Refusal(unreadable, tuple(problems))


def needs_weather(offer: Offer) -> bool:
    """Say whether an offer's conditions ask for the weather."""
    return asks(offer, "weather")


def asks(offer: Offer, root: str) -> bool:
    """Say whether an offer's audience or conditions ask for something of a root."""
    conditions, where = offer.conditions, offer.audience.where
    if conditions is not None and root in conditions.roots:
        return True
    return where is not None and root in where.roots


def wants(
    offer: Offer, kind: str, zone_id: str, group: str | None, tags: Collection[str]
) -> bool:
    """Say whether a transition of a kind at a zone is an occasion for an offer."""
    return any(
        waits_for(trigger, kind, zone_id=zone_id, group=group, tags=tags)
        for trigger in offer.triggers
    )


def purpose_of(category: Category) -> Purpose:
    """Return the consent that a category needs; every one but service is marketing."""
    if category is Category.SERVICE:
        return Purpose.PUSH_SERVICE
    return Purpose.PUSH_MARKETING


class _Parts(Struct, frozen=True):
    triggers: tuple[Trigger, ...]
    conditions: Rule | None
    where: Rule | None
    message: MessageTemplate | None
    wordings: dict[str, MessageTemplate]


def _read_parts(raw: object, problems: list[Problem]) -> _Parts:
    """Read what has a language of its own, and check all that has a shape already."""
    tree = raw if isinstance(raw, dict) else {}
    audience = tree.get("audience")
    where = audience.get("where") if isinstance(audience, dict) else None
    if (schedule := fitting(tree, "schedule", Schedule)) is not None:
        check_schedule(schedule, "$.schedule", problems)
    for index, cap in pieces(tree, "caps", Cap):
        check_window(cap.window, f"$.caps[{index}].window", problems)
    check_experiment(tree.get("experiment"), "$.experiment", problems)
    for index, stop in pieces(tree, "stop_when", StopWhen):
        check_stop(stop, f"$.stop_when[{index}]", problems)
    triggers = _triggers(tree, problems)
    leaving = any(On.EXIT in (one.on or ()) for one in triggers)
    check_leaving(tree, problems, waited_for=leaving)
    return _Parts(
        triggers=triggers,
        conditions=_rule(
            tree.get("conditions"), "$.conditions", CONDITION_ROOTS, problems
        ),
        where=_rule(where, "$.audience.where", AUDIENCE_ROOTS, problems),
        message=read_message(tree.get("message"), "$.message", problems),
        wordings=read_wordings(tree, problems),
    )


def _triggers(tree: dict[str, object], problems: list[Problem]) -> tuple[Trigger, ...]:
    if "trigger" not in tree:  # noted as missing already
        return ()
    return read_triggers(tree["trigger"], "$.trigger", problems)


def _rule(
    raw: object, path: str, roots: Collection[str], problems: list[Problem]
) -> Rule | None:
    if raw is None:
        return None
    reads = read_query if is_query(raw) else parse_condition
    condition = reads(raw, path, problems, roots=roots)
    return None if condition is None else compile_rule(condition)


def _written(raw: object) -> dict[str, object]:
    tree = raw if isinstance(raw, dict) else {}
    return {key: tree[key] for key in tree if key not in READ_ONLY}


def _check_id(
    draft: OfferDocument | None, offer_id: str, problems: list[Problem]
) -> None:
    if draft is not None and draft.offer_id not in (None, offer_id):
        text = f'is "{draft.offer_id}", but this is "{offer_id}"; remove it'
        problems.append(Problem("$.offer_id", "other_offer", text))


def _compile(
    offer_id: str,
    draft: OfferDocument,
    parts: _Parts,
    message: MessageTemplate,
    document: dict[str, object],
) -> Offer:
    return Offer(
        offer_id=offer_id,
        name=draft.name,
        category=draft.category,
        priority=draft.priority,
        status=draft.status,
        audience=Audience(
            topics=draft.audience.topics or (),
            where=parts.where,
            identified=draft.audience.identified,
        ),
        triggers=parts.triggers,
        conditions=parts.conditions,
        schedule=draft.schedule,
        caps=draft.caps,
        experiment=draft.experiment,
        message=message,
        wordings=parts.wordings,
        stop_when=draft.stop_when,
        delivery=draft.delivery or _usual_delivery(draft.category),
        quiet=draft.quiet,
        max_event_age=timedelta(seconds=draft.max_event_age_seconds),
        max_weather_age=timedelta(seconds=draft.max_weather_age_seconds),
        apps=draft.apps or (),
        document=document,
    )


def _usual_delivery(category: Category) -> Delivery:
    """Marketing twice annoys; service that never came is worse than twice."""
    if category is Category.SERVICE:
        return Delivery.AT_LEAST_ONCE
    return Delivery.AT_MOST_ONCE
