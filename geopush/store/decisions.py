"""Decisions as people ask for them: the newest first, each with its gates."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from asyncpg import Record
from msgspec import Struct

from geopush.core.decision import Gate, Reason, Verdict
from geopush.core.sentence import Tongue, in_words
from geopush.core.weather import WeatherSeen
from geopush.store.customers import names
from geopush.store.history import After, fetch_page
from geopush.store.pool import Connection

_LIST = """
    SELECT decision_id, customer_id, device_id, offer_id, zone_id, occasion, at,
           verdict, reason, trace, weather, variant, held_out, due
    FROM decision
    WHERE ($1::text[] IS NULL OR customer_id = ANY($1))
      AND ($2::text IS NULL OR offer_id = $2)
      AND ($3::timestamptz IS NULL OR at >= $3)
      AND ($4::timestamptz IS NULL OR at < $4)
      AND ($5::timestamptz IS NULL OR (at, decision_id) < ($5, $6::uuid))
    ORDER BY at DESC, decision_id DESC
    LIMIT $7
"""


class DecisionFilter(Struct, frozen=True):
    """Which decisions are asked for; what is left out is not looked at."""

    customer_id: str | None = None
    offer_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class DecisionRow(Struct, frozen=True):
    """A candidate, the reason it ended in, the gates and the weather they saw."""

    decision_id: UUID
    customer_id: str
    device_id: str
    offer_id: str
    zone_id: str | None
    occasion: str
    at: datetime
    verdict: Verdict
    reason: Reason
    gates: tuple[Gate, ...]
    weather: WeatherSeen | None
    variant: str | None
    held_out: bool
    due: datetime | None
    message_id: UUID | None
    sentence: str


_traces = msgspec.json.Decoder(tuple[Gate, ...])
_weather = msgspec.json.Decoder(WeatherSeen)


async def list_decisions(
    connection: Connection,
    asked: DecisionFilter,
    limit: int,
    after: After | None,
    tongue: Tongue,
) -> Sequence[DecisionRow]:
    """Return up to so many decisions, the newest first, in words of a language."""
    whose = asked.customer_id
    rows = await fetch_page(
        connection,
        _LIST,
        None if whose is None else await names(connection, whose),
        asked.offer_id,
        asked.since,
        asked.until,
        None if after is None else after.at,
        None if after is None else after.row_id,
        limit,
    )
    return [_decision(row, tongue) for row in rows]


def _decision(row: Record, tongue: Tongue) -> DecisionRow:
    verdict, weather = Verdict(row["verdict"]), row["weather"]
    reason, gates = Reason(row["reason"]), _traces.decode(row["trace"])
    return DecisionRow(
        decision_id=row["decision_id"],
        customer_id=row["customer_id"],
        device_id=row["device_id"],
        offer_id=row["offer_id"],
        zone_id=row["zone_id"],
        occasion=row["occasion"],
        at=row["at"],
        verdict=verdict,
        reason=reason,
        gates=gates,
        weather=None if weather is None else _weather.decode(weather),
        variant=row["variant"],
        held_out=row["held_out"],
        due=row["due"],
        # A decision and its message go by the same id.
        message_id=row["decision_id"] if verdict is Verdict.DECIDED else None,
        sentence=in_words(verdict, reason, gates, tongue),
    )
