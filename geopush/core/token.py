"""Tokens: signed notes of which device speaks, or which message may be receipted."""

import base64
import binascii
import hmac
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum, auto
from typing import TypeVar
from uuid import UUID

import msgspec
from msgspec import Struct

PREFIX = "gp_dt_"
RECEIPT_PREFIX = "gp_rt_"
_SEAL = 16  # bytes of HMAC-SHA256 that are kept: forging takes 2^128 tries
_LONGEST = 1_024  # characters; two ids of 128 and the rest take less than 500


class DeviceToken(Struct, frozen=True, array_like=True):
    """Which device speaks, for whom, and until when (epoch seconds)."""

    device_id: str
    customer_id: str
    bucket: int
    app: str
    expires_at: int


class ReceiptToken(Struct, frozen=True, array_like=True):
    """For which message receipts may be given, and until when (epoch seconds)."""

    message_id: UUID
    bucket: int
    expires_at: int


class TokenFault(StrEnum):
    """Why a token is not taken."""

    INVALID = auto()
    TOKEN_EXPIRED = auto()


_encoder = msgspec.msgpack.Encoder(uuid_format="bytes")
_devices = msgspec.msgpack.Decoder(DeviceToken)
_receipts = msgspec.msgpack.Decoder(ReceiptToken)


class TokenRing:
    """The keys that sign tokens: the first one signs, each of them verifies."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        """``keys``: newest first, at least one."""
        if not keys:
            raise ValueError("a ring without a key cannot sign")
        self._keys = tuple(keys)

    def sign(self, token: DeviceToken | ReceiptToken) -> str:
        """Return the token as text for an Authorization header."""
        prefix = PREFIX if isinstance(token, DeviceToken) else RECEIPT_PREFIX
        note = _encoder.encode(token)
        sealed = _seal(self._keys[0], prefix, note) + note
        return prefix + base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()

    def read(self, text: str, now: datetime) -> DeviceToken | TokenFault:
        """Return what a device token says, if we signed it and it is still in force."""
        note = self._opened(text, PREFIX)
        return TokenFault.INVALID if note is None else _live(_devices.decode(note), now)

    def read_receipt(self, text: str, now: datetime) -> ReceiptToken | TokenFault:
        """Return what a receipt token says, under the same conditions."""
        note = self._opened(text, RECEIPT_PREFIX)
        if note is None:
            return TokenFault.INVALID
        return _live(_receipts.decode(note), now)

    def _opened(self, text: str, prefix: str) -> bytes | None:
        sealed = _unpack(text, prefix)
        seal, note = sealed[:_SEAL], sealed[_SEAL:]
        for key in self._keys:
            if hmac.compare_digest(seal, _seal(key, prefix, note)):
                return note
        return None


Token = TypeVar("Token", DeviceToken, ReceiptToken)


def _live(token: Token, now: datetime) -> Token | TokenFault:
    if token.expires_at <= now.timestamp():
        return TokenFault.TOKEN_EXPIRED
    return token


def _seal(key: bytes, prefix: str, note: bytes) -> bytes:
    # The prefix goes in, so that a seal of another kind of note never fits here.
    return hmac.digest(key, prefix.encode() + note, "sha256")[:_SEAL]


def _unpack(text: str, prefix: str) -> bytes:
    if not text.startswith(prefix) or len(text) > _LONGEST:
        return b""
    body = text.removeprefix(prefix)
    try:
        return base64.b64decode(body + "=" * (-len(body) % 4), b"-_", validate=True)
    except (ValueError, binascii.Error):
        return b""
