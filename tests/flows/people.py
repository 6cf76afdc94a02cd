"""Registering phones in tests, and looking at what is kept of their customers."""

import hashlib
import hmac
from datetime import timedelta
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from geopush.clock import mint_id
from geopush.core.access import KeyHolder, Role
from geopush.core.cap import Tally
from geopush.core.device import AddressGiven, Registration
from geopush.core.identity import Identity
from geopush.core.known import Known, State
from geopush.core.message import AddressKind, Platform
from geopush.core.ping import DeviceId, customer_key
from geopush.core.presence import Presence, Whereabouts
from geopush.core.token import DeviceToken, TokenRing
from geopush.flows.register import Answer, Register, Registered, Rules
from geopush.store import customers
from geopush.store.pool import Pool
from tests.clock import HandClock
from tests.people import SUPPRESSIONS
from zones import ZoneId

IDENTITY_SECRET = b"the secret of the app"
RULES = Rules(("demo", "other"), Identity({"demo": (IDENTITY_SECRET,)}))
SDK = KeyHolder("key", Role.SDK)
CRM = KeyHolder("key", Role.CRM)
SECRET = "s" * 43
PHONE = Registration(
    device_id="phone-1",
    device_secret=SECRET,
    app="demo",
    platform=Platform.IOS,
    timezone="Europe/Amsterdam",
    language="nl",
)


def at(value: str, kind: AddressKind = AddressKind.APNS_TOKEN) -> AddressGiven:
    """An address at a gateway."""
    return AddressGiven(kind, value * 8)


def signed(customer_id: str) -> str:
    """The signature of the app's backend for a customer."""
    return hmac.new(IDENTITY_SECRET, customer_id.encode(), hashlib.sha256).hexdigest()


class Desk(Struct):
    """Where phones register, and the rows that come of it."""

    register: Register
    tokens: TokenRing
    pool: Pool
    clock: HandClock

    async def ask(self, said: Registration, holder: KeyHolder = SDK) -> Answer:
        """Register, whatever comes of it."""
        return await self.register.register(said, holder)

    async def take(self, said: Registration, holder: KeyHolder = SDK) -> Registered:
        """Register a phone that must be taken."""
        answer = await self.ask(said, holder)
        assert isinstance(answer, Registered), answer
        return answer

    async def name(self, customer_id: str, said: Registration = PHONE) -> Registered:
        """Register a phone as that of a named customer."""
        named = replace(
            said, customer_id=customer_id, customer_signature=signed(customer_id)
        )
        return await self.take(named)

    def read(self, answer: Registered) -> DeviceToken:
        """What the token of an answer says."""
        token = self.tokens.read(answer.token, self.clock())
        assert isinstance(token, DeviceToken)
        return token

    async def customer(self, customer_id: str) -> Known:
        """What is kept of a customer."""
        async with self.pool.acquire() as connection:
            known = await customers.find(connection, customer_id)
        assert known is not None
        return known

    async def give_past(self, customer_id: str, device_id: str, number: int) -> None:
        """Put a customer inside a zone, with a message behind them."""
        known = await self.customer(customer_id)
        now = self.clock() - timedelta(minutes=number)
        stay = Presence(now, UUID(int=number))
        where = Whereabouts(now, presences={ZoneId("park"): stay})
        tally = Tally(UUID(int=number), now, "ice", "promo", "park")
        state = State(
            {**known.state.devices, DeviceId(device_id): where},
            (*known.state.tallies, tally),
            now,
        )
        key = customer_key(customer_id)
        row = (key.bucket, customer_id, device_id, "park")
        async with self.pool.acquire() as connection, connection.transaction():
            await customers.save(connection, replace(known, state=state))
            await connection.execute(
                "INSERT INTO presence VALUES ($1, $2, $3, $4, $5)", *row, now
            )
            await connection.execute(
                "INSERT INTO timer VALUES ($1, $2, $3, $4, $5)", *row, now
            )

    async def rows(self, table: str) -> list[tuple[str, str]]:
        """Whose the rows of a table are, each seen to be in its right bucket."""
        rows = await self.pool.fetch(
            f"SELECT bucket, customer_id, device_id FROM {table} ORDER BY 2, 3"
        )
        for row in rows:
            assert row["bucket"] == customer_key(row["customer_id"]).bucket
        return [(row["customer_id"], row["device_id"]) for row in rows]


def open_desk(pool: Pool, clock: HandClock, rules: Rules = RULES) -> Desk:
    """Open a desk over a database."""
    tokens = TokenRing([b"k" * 32])
    register = Register(pool, SUPPRESSIONS, tokens, rules, clock, mint_id)
    return Desk(register, tokens, pool, clock)
