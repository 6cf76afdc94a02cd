"""What is said of customers is in force when it is answered."""

import asyncio
from datetime import timedelta

from geopush.core.change import Change
from geopush.core.customer import ConsentGiven, Preferences, Purpose
from geopush.flows.profile import Profiles, Saved
from geopush.flows.revision import Expected, Unsaved
from geopush.store import consents, presences
from geopush.store.pool import Pool
from tests.clock import HandClock
from tests.people import SUPPRESSIONS


def saved(answer: object) -> Saved:
    """What must have been saved."""
    assert isinstance(answer, Saved), answer
    return answer


async def test_a_decision_in_flight_fails_when_a_consent_is_withdrawn(
    pool: Pool, clock: HandClock
) -> None:
    profiles = Profiles(pool, SUPPRESSIONS, clock)
    given = {Purpose.LOCATION: ConsentGiven(True, clock())}
    before = saved(await profiles.answer("ann", given)).known
    clock.step(timedelta(minutes=1))
    withdrawn = {Purpose.LOCATION: ConsentGiven(False, clock())}
    await profiles.answer("ann", withdrawn)
    async with pool.acquire() as connection:
        change = Change(known=before, state=before.state, seen=None)
        assert await presences.commit(connection, [change]) == set()


async def test_what_changes_nothing_leaves_the_row_alone(
    pool: Pool, clock: HandClock
) -> None:
    profiles = Profiles(pool, SUPPRESSIONS, clock)
    first = saved(await profiles.describe("ann", {"member": True}, False))
    again = saved(await profiles.describe("ann", {"member": True}, False))
    assert (first.is_new, again.is_new) == (True, False)
    assert await pool.fetchval("SELECT version FROM customer") == 0
    assert first.known.profile.revision == again.known.profile.revision == 1


async def test_changes_at_the_same_time_all_count(pool: Pool, clock: HandClock) -> None:
    profiles = Profiles(pool, SUPPRESSIONS, clock)
    await profiles.describe("ann", {}, False)
    await asyncio.gather(
        *(profiles.amend("ann", {f"a{one}": one}, None) for one in range(5)),
        profiles.prefer("ann", Preferences(topics={"tea": True})),
    )
    known = await profiles.find("ann")
    assert known is not None
    assert len(known.profile.attributes) == 5
    assert known.profile.preferences.topics == {"tea": True}
    assert known.profile.revision == 7


async def test_of_two_who_saw_the_same_revision_one_is_refused(
    pool: Pool, clock: HandClock
) -> None:
    profiles = Profiles(pool, SUPPRESSIONS, clock)
    first = saved(await profiles.describe("ann", {}, False))
    seen = Expected(frozenset({first.known.profile.revision}))
    answers = await asyncio.gather(
        *(profiles.describe("ann", {"by": one}, False, seen) for one in range(2))
    )
    assert sorted(isinstance(one, Saved) for one in answers) == [False, True]
    assert Unsaved.CHANGED in answers


async def test_an_answer_refused_by_its_revision_is_not_logged(
    pool: Pool, clock: HandClock
) -> None:
    profiles = Profiles(pool, SUPPRESSIONS, clock)
    known = saved(await profiles.describe("ann", {}, False)).known
    given = {Purpose.LOCATION: ConsentGiven(True, clock())}
    stale = Expected(frozenset({99}))
    assert await profiles.answer("ann", given, stale) is Unsaved.CHANGED
    async with pool.acquire() as connection:
        assert await consents.history(connection, known.customer) == []
