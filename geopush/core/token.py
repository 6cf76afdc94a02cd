"""Device tokens: signed notes of which device speaks for which customer."""

import base64
import binascii
import hmac
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum, auto

import msgspec
from msgspec import Struct

PREFIX = "gp_dt_"
_SEAL = 16  # bytes of HMAC-SHA256 that are kept: forging takes 2^128 tries
_LONGEST = 1_024  # characters; two ids of 128 and the rest take less than 500


class DeviceToken(Struct, frozen=True, array_like=True):
    """Which device speaks, for whom, and until when (epoch seconds)."""

    device_id: str
    customer_id: str
    bucket: int
    app: str
    expires_at: int


class TokenFault(StrEnum):
    """Why a token is not taken."""

    INVALID = auto()
    TOKEN_EXPIRED = auto()


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(DeviceToken)


class TokenRing:
    """The keys that sign tokens: the first one signs, each of them verifies."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        """``keys``: newest first, at least one."""
        if not keys:
            raise ValueError("a ring without a key cannot sign")
        self._keys = tuple(keys)

    def sign(self, token: DeviceToken) -> str:
        """Return the token as text for an Authorization header."""
        note = _encoder.encode(token)
        sealed = _seal(self._keys[0], note) + note
        return PREFIX + base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()

    def read(self, text: str, now: datetime) -> DeviceToken | TokenFault:
        """Return what a token says, if we signed it and it is still in force."""
        sealed = _unpack(text)
        seal, note = sealed[:_SEAL], sealed[_SEAL:]
        if not any(hmac.compare_digest(seal, _seal(key, note)) for key in self._keys):
            return TokenFault.INVALID
        token = _decoder.decode(note)
        if token.expires_at <= now.timestamp():
            return TokenFault.TOKEN_EXPIRED
        return token


def _seal(key: bytes, note: bytes) -> bytes:
    # The prefix goes in, so that a seal of another kind of note never fits here.
    return hmac.digest(key, PREFIX.encode() + note, "sha256")[:_SEAL]


def _unpack(text: str) -> bytes:
    if not text.startswith(PREFIX) or len(text) > _LONGEST:
        return b""
    body = text.removeprefix(PREFIX)
    try:
        return base64.b64decode(body + "=" * (-len(body) % 4), b"-_", validate=True)
    except (ValueError, binascii.Error):
        return b""
