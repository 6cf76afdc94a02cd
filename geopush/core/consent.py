"""Answers to questions of consent: which of them count, and what holds after them."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime

from msgspec.structs import replace

from geopush.core.customer import (
    Consent,
    ConsentGiven,
    Consents,
    Purpose,
    parse_consents,
    record,
)
from zones import Problem

Given = Mapping[Purpose, ConsentGiven]

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)  # before it, no clock was right


def read_answers(
    raw: object,
    now: datetime,
    *,
    require_at: bool,
    place: str = "$",
    known_only: bool = False,
) -> Given | list[Problem]:
    """Return answers from decoded JSON that stood at a place, or all its problems."""
    given = parse_consents(raw, now, require_at=require_at, known_only=known_only)
    if isinstance(given, list):
        return [replace(one, path=place + one.path[1:]) for one in given]
    text = f"lies before {EARLIEST.isoformat()}"
    problems = [
        Problem(f"{place}.{purpose}.at", "too_early", text)
        for purpose, one in given.items()
        if one.at < EARLIEST
    ]
    return problems or given


def undated(raw: object) -> frozenset[Purpose]:
    """Return the purposes of decoded JSON that were answered without saying when."""
    if not isinstance(raw, dict):
        return frozenset()
    return frozenset(
        purpose
        for purpose in Purpose
        if purpose in raw
        and not (isinstance(raw[purpose], dict) and raw[purpose].get("at"))
    )


def unsettled(
    consents: Consents, given: Given, undated: Collection[Purpose]
) -> list[Problem]:
    """Note each yes without a date that would undo a no.

    A phone repeats what it knows at every renewal: what it knew before a withdrawal
    must not count as an answer given after it.
    """
    text = "is missing; to undo a refusal, say when the customer agreed"
    return [
        Problem(f"$.consents.{purpose}.at", "missing_field", text)
        for purpose, one in given.items()
        if purpose in undated and one.granted and _is_known(consents, purpose, False)
    ]


def settled(given: Given, consents: Consents, undated: Collection[Purpose]) -> Given:
    """Leave out the answers without a date that only repeat what is known."""
    return {
        purpose: one
        for purpose, one in given.items()
        if not (purpose in undated and _is_known(consents, purpose, one.granted))
    }


def answered(consents: Consents, given: Given) -> dict[Purpose, Consent]:
    """Return the consents after these answers; the latest of each purpose holds."""
    after = dict(consents)
    for purpose, one in given.items():
        after = record(after, purpose, one.granted, one.at)
    return after


def inherited(before: Consents, after: Consents) -> dict[Purpose, ConsentGiven]:
    """Return what merging changed, as answers, so that the log can tell of it."""
    return {
        purpose: ConsentGiven(one.granted, one.at, source="merged")
        for purpose, one in after.items()
        if before.get(purpose) != one
    }


def _is_known(consents: Consents, purpose: Purpose, granted: bool) -> bool:
    known = consents.get(purpose)
    return known is not None and known.granted is granted
