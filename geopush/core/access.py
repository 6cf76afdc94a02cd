"""Who may do what: roles of keys, and the one table of what each is allowed."""

import hashlib
from datetime import datetime
from enum import StrEnum, auto

from msgspec import Struct


class Role(StrEnum):
    """What a key was made for."""

    SDK = auto()
    MANAGER = auto()
    MARKETER = auto()
    CRM = auto()
    WEATHER = auto()
    OPERATOR = auto()


class May(StrEnum):
    """What one may be allowed to do."""

    REGISTER_DEVICES = auto()
    NAME_CUSTOMERS = auto()  # say who a device belongs to, without a signature
    READ_ZONES = auto()
    CHANGE_ZONES = auto()
    READ_OFFERS = auto()
    CHANGE_OFFERS = auto()
    CHANGE_CUSTOMERS = auto()
    READ_MESSAGES = auto()
    MOVE_MESSAGES = auto()  # try again, or drop
    READ_DECISIONS = auto()
    READ_FEED = auto()  # also have it sent to a webhook
    EXPLAIN = auto()  # also preview; of whom decisions may not be read, test customers
    REPORT_WEATHER = auto()
    REPORT_CONTACTS = auto()  # messages that other tools sent
    MANAGE_KEYS = auto()


ALLOWED: dict[Role, frozenset[May]] = {
    Role.SDK: frozenset({May.REGISTER_DEVICES}),
    Role.MANAGER: frozenset({May.READ_ZONES, May.CHANGE_ZONES}),
    Role.MARKETER: frozenset(
        {May.READ_ZONES, May.READ_OFFERS, May.CHANGE_OFFERS, May.EXPLAIN}
    ),
    Role.CRM: frozenset(
        {
            May.REGISTER_DEVICES,
            May.NAME_CUSTOMERS,
            May.CHANGE_CUSTOMERS,
            May.REPORT_CONTACTS,
            May.READ_MESSAGES,
            May.MOVE_MESSAGES,
            May.READ_DECISIONS,
            May.READ_FEED,
            May.EXPLAIN,
        }
    ),
    Role.WEATHER: frozenset({May.REPORT_WEATHER}),
    Role.OPERATOR: frozenset(May),
}


class KeyHolder(Struct, frozen=True):
    """Whoever shows a key that is in force."""

    key_id: str
    role: Role
    group: str | None = None
    app: str | None = None
    expires_at: datetime | None = None

    def is_live(self, now: datetime) -> bool:
        """Whether the key may still be used at this moment."""
        return self.expires_at is None or now < self.expires_at


def hash_key(key: str) -> bytes:
    """Return what is kept of a key: enough to know it again, not to show it.

    A key holds 32 random bytes, so that a plain hash of it cannot be guessed back.
    """
    return hashlib.sha256(key.encode()).digest()


def may(role: Role, what: May) -> bool:
    """Tell whether a role is allowed something."""
    return what in ALLOWED[role]


def reaches(holder: KeyHolder, group: str | None) -> bool:
    """Tell whether a zone of this group is within the key's reach."""
    return holder.group is None or holder.group == group
