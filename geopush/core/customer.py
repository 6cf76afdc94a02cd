"""What a customer agreed to and asked for: consents per purpose, and preferences."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum, auto
from typing import Annotated

from msgspec import Meta, Struct

from geopush.core.cap import Window, check_window
from geopush.core.ping import Moment
from geopush.core.problems import note_unknown, quoted
from geopush.core.schedule import QuietHours, check_hours
from geopush.core.shape import Word, read
from zones import Problem

CLOCK_SKEW = timedelta(seconds=60)  # how far ahead a phone's clock may be unnoticed


class Purpose(StrEnum):
    """What a consent is for."""

    PUSH_MARKETING = auto()
    PUSH_SERVICE = auto()
    LOCATION = auto()
    PROFILING = auto()


class Consent(Struct, frozen=True, array_like=True):
    """The last answer for one purpose; ``since`` is when its unbroken run began."""

    granted: bool
    at: datetime
    since: datetime


Consents = Mapping[Purpose, Consent]


class ConsentGiven(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """An answer as it was given: when, to which text, in which language, where."""

    granted: bool
    at: Moment
    text_version: Word | None = None
    language: Word | None = None
    source: Word | None = None


class _Answer(Struct, frozen=True, forbid_unknown_fields=True):
    granted: bool
    at: Moment | None = None
    text_version: Word | None = None
    language: Word | None = None
    source: Word | None = None


class MaxMessages(Struct, frozen=True, forbid_unknown_fields=True):
    """How many messages a customer wants at most; none is an answer too."""

    limit: Annotated[int, Meta(ge=0, le=1000)]
    window: Window


class Preferences(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a customer wants to hear of, how often, when, and where not."""

    topics: Annotated[dict[Word, bool], Meta(max_length=200)] = {}
    max_messages: MaxMessages | None = None
    quiet_hours: QuietHours | None = None
    paused_until: Moment | None = None
    muted_zones: Annotated[tuple[Word, ...], Meta(max_length=1000)] = ()


def record(
    consents: Consents, purpose: Purpose, granted: bool, at: datetime
) -> dict[Purpose, Consent]:
    """Return the consents after an answer; an older answer undoes nothing.

    Of two answers at the same moment the refusal holds.
    """
    after = dict(consents)
    known = consents.get(purpose)
    if known is None:
        after[purpose] = Consent(granted, at, at)
    elif known.granted is granted:
        after[purpose] = Consent(granted, max(at, known.at), known.since)
    elif at > known.at or (at == known.at and not granted):
        after[purpose] = Consent(granted, at, at)
    elif at >= known.since:  # it breaks the run: nothing before the last answer is sure
        after[purpose] = Consent(known.granted, known.at, known.at)
    return after


def has_consent(consents: Consents, purpose: Purpose, at: datetime) -> bool:
    """Say whether a purpose was agreed to, then and ever since; never asked is no."""
    known = consents.get(purpose)
    return known is not None and known.granted and known.since <= at


def stricter(a: Consents, b: Consents) -> dict[Purpose, Consent]:
    """Return the stricter of both answers per purpose; never asked is no refusal."""
    merged = {**b, **a}
    for purpose in a.keys() & b.keys():
        merged[purpose] = _stricter(a[purpose], b[purpose])
    return {purpose: merged[purpose] for purpose in Purpose if purpose in merged}


def parse_preferences(
    raw: object, *, known_only: bool = False
) -> Preferences | list[Problem]:
    """Return preferences from decoded JSON, or everything that is wrong with them.

    ``known_only`` takes from a newer phone what is known here and leaves the rest.
    """
    problems: list[Problem] = []
    if known_only:
        raw = _known(raw, Preferences)
    preferences = read(raw, Preferences, "$", problems)
    if preferences is None:
        return problems
    if preferences.max_messages is not None:
        check_window(preferences.max_messages.window, "$.max_messages.window", problems)
    if preferences.quiet_hours is not None:
        quiet = preferences.quiet_hours
        check_hours((quiet.from_, quiet.to), "$.quiet_hours", problems)
    return problems or preferences


def parse_consents(
    raw: object, now: datetime, *, require_at: bool, known_only: bool = False
) -> dict[Purpose, ConsentGiven] | list[Problem]:
    """Return the answers per purpose from decoded JSON, or everything wrong with them.

    ``true`` and ``false`` are short for an answer given now, where that is taken.
    """
    if not isinstance(raw, dict):
        text = f"must be an object with any of {quoted([str(one) for one in Purpose])}"
        return [Problem("$", "wrong_type", text)]
    problems: list[Problem] = []
    given: dict[Purpose, ConsentGiven] = {}
    words = [str(one) for one in Purpose]
    for word, answer in raw.items():
        path = f"$.{word[:100]}"
        if word in words:
            wanted = _known(answer, _Answer) if known_only else answer
            one = _given(wanted, path, now, problems, require_at=require_at)
            if one is not None:
                given[Purpose(word)] = one
        elif not known_only:
            note_unknown(problems, path, "unknown_field", "purpose", word, words)
    return problems or given


def _stricter(one: Consent, other: Consent) -> Consent:
    """The refusal, or the later grant; dated so that what is older cannot undo it."""
    at = max(one.at, other.at)
    if one.granted is other.granted:
        pick = max if one.granted else min
        return Consent(one.granted, at, pick(one.since, other.since))
    return Consent(False, at, (other if one.granted else one).since)


def _given(
    raw: object,
    path: str,
    now: datetime,
    problems: list[Problem],
    *,
    require_at: bool,
) -> ConsentGiven | None:
    answer = read(
        {"granted": raw} if isinstance(raw, bool) else raw, _Answer, path, problems
    )
    if answer is None:
        return None
    at = answer.at
    if at is None and require_at:
        text = "is missing; say when the customer answered"
        problems.append(Problem(f"{path}.at", "missing_field", text))
    elif at is not None and at > now + CLOCK_SKEW:
        text = f"lies after now, which is {now.isoformat()}"
        problems.append(Problem(f"{path}.at", "in_the_future", text))
    return ConsentGiven(
        granted=answer.granted,
        at=now if at is None else min(at, now),
        text_version=answer.text_version,
        language=answer.language,
        source=answer.source,
    )


def _known(raw: object, wanted: type[Struct]) -> object:
    if not isinstance(raw, dict):
        return raw
    names = wanted.__struct_encode_fields__
    return {key: value for key, value in raw.items() if key in names}
