"""Time, ids and secrets: the one place that asks the machine for them."""

import os
import secrets
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
Mint = Callable[[], uuid.UUID]


def utc_now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return datetime.now(UTC)


def mint_id() -> uuid.UUID:
    """Return a new UUIDv7: ids minted later sort later."""
    milliseconds = time.time_ns() // 1_000_000
    tail = int.from_bytes(os.urandom(10), "big")
    high, low = tail >> 68, tail & ((1 << 62) - 1)
    return uuid.UUID(int=milliseconds << 80 | 7 << 76 | high << 64 | 2 << 62 | low)


def mint_secret() -> str:
    """Return 32 random bytes as text that fits in a header or a URL."""
    return secrets.token_urlsafe(32)
