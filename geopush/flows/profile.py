"""What people change of a customer: attributes, consents, preferences."""

from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from geopush.clock import Clock
from geopush.core.arrival import MOST_ATTRIBUTES
from geopush.core.consent import Given, answered
from geopush.core.customer import Preferences
from geopush.core.known import Attribute, Known, Profile
from geopush.core.merge import UNBORN, revised
from geopush.flows.revision import Expected, Unsaved, against
from geopush.store import consents, customers
from geopush.store.again import transact
from geopush.store.consents import LoggedAnswer
from geopush.store.pool import Connection, Pool
from geopush.store.suppressions import Suppressions

CRM, DEVICE = "crm", "device"  # who may have told of an answer, if it does not say

Attributes = Mapping[str, Attribute]


class Saved(Struct, frozen=True):
    """A customer as they are known from now on."""

    known: Known
    is_new: bool


class TooManyAttributes(Struct, frozen=True):
    """A change that would leave a customer with more than may be kept."""

    most: int = MOST_ATTRIBUTES


Answer = Saved | Unsaved | TooManyAttributes


class Wish(Struct, frozen=True):
    """A change of one customer, and what it depends on."""

    customer_id: str
    change: Callable[[Profile], Profile]
    expected: Expected | None
    given: Given = {}
    source: str = CRM
    creates: bool = True


class Profiles:
    """Reads and changes what people, not pings, say of a customer."""

    def __init__(self, pool: Pool, suppressions: Suppressions, clock: Clock) -> None:
        self._pool = pool
        self._suppressions = suppressions
        self._clock = clock

    async def find(self, customer_id: str) -> Known | None:
        """Return what is known of a customer."""
        async with self._pool.acquire() as connection:
            return await customers.find(connection, customer_id)

    async def history(
        self, customer_id: str
    ) -> tuple[Known, Sequence[LoggedAnswer]] | None:
        """Return a customer and every answer to a question of consent they gave."""
        async with self._pool.acquire() as connection:
            known = await customers.find(connection, customer_id)
            if known is None:
                return None
            return known, await consents.history(connection, known.customer)

    async def describe(
        self,
        customer_id: str,
        attributes: Attributes,
        test: bool,
        expected: Expected | None = None,
    ) -> Answer:
        """Set all attributes of a customer, who need not be known yet."""

        def change(profile: Profile) -> Profile:
            return replace(profile, attributes=_present(attributes), test=test)

        return await self._change(Wish(customer_id, change, expected))

    async def amend(
        self,
        customer_id: str,
        attributes: Attributes | None,
        test: bool | None,
        expected: Expected | None = None,
    ) -> Answer:
        """Set some attributes of a known customer; none in their place removes all."""

        def change(profile: Profile) -> Profile:
            both = {} if attributes is None else {**profile.attributes, **attributes}
            is_test = profile.test if test is None else test
            return replace(profile, attributes=_present(both), test=is_test)

        wish = Wish(customer_id, change, expected, creates=False)
        return await self._change(wish)

    async def prefer(
        self,
        customer_id: str,
        preferences: Preferences,
        expected: Expected | None = None,
    ) -> Answer:
        """Set all preferences of a customer, who need not be known yet."""

        def change(profile: Profile) -> Profile:
            return replace(profile, preferences=preferences)

        return await self._change(Wish(customer_id, change, expected))

    async def answer(
        self,
        customer_id: str,
        given: Given,
        expected: Expected | None = None,
        source: str = CRM,
    ) -> Answer:
        """Write down answers to questions of consent; the latest of each holds."""

        def change(profile: Profile) -> Profile:
            return replace(profile, consents=answered(profile.consents, given))

        return await self._change(Wish(customer_id, change, expected, given, source))

    async def _change(self, wish: Wish) -> Answer:
        now = self._clock()

        async def work(connection: Connection) -> Answer:
            key = await customers.resolve(connection, wish.customer_id)
            known = (await self._suppressions.hold(connection, [key]))[key]
            made = _fulfil(wish, known)
            if not isinstance(made, Known):
                return made
            if made != known:
                await customers.save(connection, made)
            answers = wish.given.items()
            await consents.append(connection, key, answers, now, wish.source)
            return Saved(made, is_new=known.version == UNBORN)

        return await transact(self._pool, work)


def _fulfil(wish: Wish, known: Known) -> Known | Unsaved | TooManyAttributes:
    is_new = known.version == UNBORN
    if is_new and not wish.creates:
        return Unsaved.ABSENT
    unsaved = against(None if is_new else known.profile.revision, wish.expected)
    if unsaved is not None:
        return unsaved
    profile = wish.change(known.profile)
    if is_new:  # whoever is told of by id has been identified
        profile = replace(profile, identified=True)
    if len(profile.attributes) > MOST_ATTRIBUTES:
        return TooManyAttributes()
    return replace(known, profile=revised(known.profile, profile))


def _present(attributes: Attributes) -> dict[str, Attribute]:
    return {name: one for name, one in attributes.items() if one is not None}
