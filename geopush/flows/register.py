"""Registering a device: who it belongs to, where it is reached, what it was allowed."""

import hashlib
import hmac
from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum, auto

import msgspec
from msgspec import UNSET, Struct

from geopush.clock import Clock, Mint, mint_secret
from geopush.core.access import KeyHolder, May, may
from geopush.core.consent import Given, read_answers, undated
from geopush.core.customer import Purpose
from geopush.core.device import AddressGiven, Device, Registration, check
from geopush.core.identity import Doubt, Identity, doubt
from geopush.core.ping import CustomerKey, DeviceId, customer_key
from geopush.core.registration import Case, Plan, Step, plan
from geopush.core.token import DeviceToken, TokenRing
from geopush.store import consents, customers, devices
from geopush.store.again import transact
from geopush.store.pool import Connection, Pool
from geopush.store.suppressions import Suppressions
from zones import Problem

ANONYMOUS = "anon-"  # how the ids of customers begin whom nobody has named


class Rules(Struct, frozen=True):
    """What the operator lets in, and for how long."""

    apps: tuple[str, ...]
    identity: Identity = Identity()
    token_life: timedelta = timedelta(hours=24)


class Registered(Struct, frozen=True):
    """A device that may speak now, and the token that says so."""

    device_id: str
    device_secret: str
    customer_id: str
    token: str
    expires_at: datetime
    is_new: bool


class Denied(StrEnum):
    """Why a registration is not believed."""

    WRONG_SECRET = auto()
    OTHER_APP = auto()


class Impossible(Struct, frozen=True):
    """A registration that reads well and cannot be."""

    problems: tuple[Problem, ...]


Answer = Registered | Denied | Doubt | Impossible


class Asked(Struct, frozen=True):
    """A registration with everything that was made for it beforehand."""

    said: Registration
    holder: KeyHolder
    now: datetime
    device_id: DeviceId
    secret: str
    anonymous: CustomerKey
    given: Given
    undated: Collection[Purpose]


class Register:
    """Registers devices, new and known."""

    def __init__(
        self,
        pool: Pool,
        suppressions: Suppressions,
        tokens: TokenRing,
        rules: Rules,
        clock: Clock,
        mint: Mint,
    ) -> None:
        self._pool = pool
        self._suppressions = suppressions
        self._tokens = tokens
        self._rules = rules
        self._clock = clock
        self._mint = mint

    async def register(self, said: Registration, holder: KeyHolder) -> Answer:
        """Register a device, or register it again; repeating it changes nothing."""
        now = self._clock()
        raw = {} if said.consents is UNSET else msgspec.to_builtins(said.consents)
        given = read_answers(raw, now, require_at=False, place="$.consents")
        if isinstance(given, list):
            return Impossible(tuple(given))
        asked = Asked(
            said=said,
            holder=holder,
            now=now,
            device_id=DeviceId(said.device_id or str(self._mint())),
            secret=said.device_secret or mint_secret(),
            anonymous=customer_key(f"{ANONYMOUS}{self._mint()}"),
            given=given,
            undated=undated(raw),
        )
        return await transact(
            self._pool, lambda connection: self._settle(connection, asked)
        )

    async def _settle(self, connection: Connection, asked: Asked) -> Answer:
        device = await devices.hold(connection, asked.device_id)
        objection = self._objection(asked, device)
        if objection is not None:
            return objection
        case = await _look(connection, asked, device, self._suppressions)
        made = plan(case)
        if isinstance(made, list):
            return Impossible(tuple(made))
        await _write(connection, case, made, self._suppressions)
        return self._registered(asked, made.device, is_new=device is None)

    def _objection(
        self, asked: Asked, device: Device | None
    ) -> Denied | Doubt | Impossible | None:
        said = asked.said
        if device is not None and not _knows_secret(said, device):
            return Denied.WRONG_SECRET
        problems = check(said, device, self._rules.apps)
        if problems:
            return Impossible(tuple(problems))
        app = said.app or (device.app if device else "")
        if asked.holder.app not in (None, app):
            return Denied.OTHER_APP
        if not said.customer_id or may(asked.holder.role, May.NAME_CUSTOMERS):
            return None
        return doubt(said, app, self._rules.identity, asked.now)

    def _registered(self, asked: Asked, device: Device, *, is_new: bool) -> Registered:
        expires_at = (asked.now + self._rules.token_life).replace(microsecond=0)
        token = DeviceToken(
            device_id=device.device_id,
            customer_id=device.customer.customer_id,
            bucket=device.customer.bucket,
            app=device.app,
            expires_at=int(expires_at.timestamp()),
        )
        return Registered(
            device_id=device.device_id,
            device_secret=asked.secret,
            customer_id=device.customer.customer_id,
            token=self._tokens.sign(token),
            expires_at=expires_at,
            is_new=is_new,
        )


async def _look(
    connection: Connection,
    asked: Asked,
    device: Device | None,
    suppressions: Suppressions,
) -> Case:
    """Lock and read everything that the registration may touch."""
    said = asked.said
    others: dict[DeviceId, CustomerKey] = {}
    if isinstance(said.address, AddressGiven):
        others = await devices.hold_address(
            connection, said.address.value, asked.device_id
        )
    target = asked.anonymous
    if isinstance(said.customer_id, str):
        target = await customers.resolve(connection, said.customer_id)
    touched = {target, *others.values()} | ({device.customer} if device else set())
    return Case(
        said=said,
        now=asked.now,
        device_id=asked.device_id,
        secret_hash=_hash(asked.secret),
        device=device,
        target=target,
        known=await suppressions.hold(connection, touched),
        others=others,
        given=asked.given,
        undated=asked.undated,
    )


async def _write(
    connection: Connection, case: Case, made: Plan, suppressions: Suppressions
) -> None:
    for known in made.customers:
        await customers.save(connection, known)
    if made.stops:
        await suppressions.add(connection, made.stops)
    device, before = made.device, case.device
    if before is not None and made.step is Step.MERGE:
        await customers.forward(connection, before.customer, device.customer)
    if before is not None and made.step in (Step.MOVE, Step.LOG_OUT):
        await customers.leave(connection, before.customer, device.device_id)
    if device.address is not None and case.others:
        await devices.forget_address(connection, device.address.value, device.device_id)
    write = devices.create if before is None else devices.renew
    await write(connection, device, case.now)
    await consents.append(
        connection, device.customer, made.answers, case.now, source="device"
    )


def _knows_secret(said: Registration, device: Device) -> bool:
    given = _hash(said.device_secret or "")
    return hmac.compare_digest(given, device.secret_hash)


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
