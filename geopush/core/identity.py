"""Proof that somebody is who a phone says: a signature by the app's own backend."""

import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum, auto

from msgspec import Struct

from geopush.core.device import Registration


class Identity(Struct, frozen=True):
    """The secrets of each app, and whether every signature must end some time."""

    secrets: Mapping[str, Sequence[bytes]] = {}
    expiry_required: bool = False


class Doubt(StrEnum):
    """Why a customer's id is not believed."""

    SIGNATURE_MISSING = auto()
    SIGNATURE_WRONG = auto()
    SIGNATURE_EXPIRED = auto()
    EXPIRY_MISSING = auto()


def doubt(
    said: Registration, app: str, identity: Identity, now: datetime
) -> Doubt | None:
    """Say why the customer who is named cannot be believed, if they cannot."""
    if not said.customer_signature:
        return Doubt.SIGNATURE_MISSING
    ends = said.customer_signature_expires_at or None
    if ends is None and identity.expiry_required:
        return Doubt.EXPIRY_MISSING
    text = f"{said.customer_id}" if ends is None else f"{said.customer_id}.{ends}"
    given = said.customer_signature.lower().encode()
    # All are compared, so that time does not tell which of the secrets was near.
    signed = [
        hmac.compare_digest(given, sign(text, secret))
        for secret in identity.secrets.get(app, ())
    ]
    if not any(signed):
        return Doubt.SIGNATURE_WRONG
    if ends is not None and not _lies_ahead(ends, now):
        return Doubt.SIGNATURE_EXPIRED
    return None


def sign(text: str, secret: bytes) -> bytes:
    """Return the signature that an app's backend gives to a text."""
    return hmac.digest(secret, text.encode(), "sha256").hex().encode()


def _lies_ahead(text: str, now: datetime) -> bool:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return False
    return moment.tzinfo is not None and now < moment
