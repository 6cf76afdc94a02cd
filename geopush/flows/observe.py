"""Take observations of the weather in, the newest of each place."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum, auto

from geopush.clock import Clock
from geopush.core.weather import Observation, kept_under
from geopush.flows.refresh import Refresh
from geopush.store import changes, weather
from geopush.store.pool import Pool

OLDEST = timedelta(days=7)  # no offer asks for weather older than a day
AHEAD = timedelta(minutes=5)  # how far the clock of a weather service may be ahead


class Reception(StrEnum):
    """What became of an observation."""

    ACCEPTED = auto()
    STALE = auto()
    IN_THE_FUTURE = auto()


async def observe(
    pool: Pool, refresh: Refresh, observations: Sequence[Observation], clock: Clock
) -> list[Reception]:
    """Put the newest observations in force, and say of each what became of it."""
    cells = [kept_under(one) for one in observations]
    async with pool.acquire() as connection, connection.transaction():
        await changes.lock_catalog(connection)
        known = await weather.observed_at(connection, cells)
        receptions = _receptions(observations, cells, known, clock())
        newer = {
            cell: one
            for cell, one, reception in zip(
                cells, observations, receptions, strict=True
            )
            if reception is Reception.ACCEPTED
        }
        if not newer:
            return receptions
        revision = await changes.advance(connection)
        await weather.save_weather(connection, newer, revision)
    await refresh.reached(revision)
    return receptions


def _receptions(
    observations: Sequence[Observation],
    cells: Sequence[str],
    known: Mapping[str, datetime],
    now: datetime,
) -> list[Reception]:
    """Of each cell one is accepted: the newest, and of equals the last."""
    receptions: list[Reception] = []
    newest: dict[str, int] = {}
    since = dict(known)
    for index, (cell, one) in enumerate(zip(cells, observations, strict=True)):
        if one.observed_at > now + AHEAD:
            receptions.append(Reception.IN_THE_FUTURE)
        elif one.observed_at < since.get(cell, now - OLDEST):
            receptions.append(Reception.STALE)
        else:
            if cell in newest:
                receptions[newest[cell]] = Reception.STALE
            receptions.append(Reception.ACCEPTED)
            newest[cell], since[cell] = index, one.observed_at
    return receptions
