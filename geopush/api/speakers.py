"""Who speaks to the phones' door: their tokens are verified once and remembered."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TypeAlias

from msgspec import Struct

from geopush.api.credentials import (
    KEY_PREFIXES,
    bearer,
    forbidden,
    read_key,
    read_token,
)
from geopush.core.access import KeyHolder
from geopush.core.ping import CustomerKey, DeviceId
from geopush.core.token import DeviceToken, TokenRing

REMEMBERED = 50_000  # tokens already verified; then all are forgotten at once
LONGEST = 1_100  # characters of a header that is remembered; ours are half as long

Holders: TypeAlias = Callable[[], Mapping[bytes, KeyHolder]]


class Speaker(Struct, frozen=True, gc=False):
    """Who speaks, as their token says, and until when it does."""

    device_id: DeviceId
    customer: CustomerKey
    until: datetime


class Speakers:
    """Tells who speaks by the header in which a token came."""

    def __init__(self, tokens: TokenRing, holders: Holders) -> None:
        """``holders``: who holds a key, to tell a key that is misplaced from no key."""
        self._tokens = tokens
        self._holders = holders
        self._verified: dict[str, Speaker] = {}

    def __len__(self) -> int:
        return len(self._verified)

    def of(self, header: str, now: datetime) -> Speaker:
        """Return who speaks; refuse whoever shows no token that is in force."""
        speaker = self._verified.get(header)
        if speaker is None or speaker.until <= now:
            speaker = self._verify(header, now)
            if len(self._verified) >= REMEMBERED:
                self._verified.clear()
            if len(header) <= LONGEST:
                self._verified[header] = speaker
        return speaker

    def _verify(self, header: str, now: datetime) -> Speaker:
        token = self._read(bearer(header), now)
        return Speaker(
            DeviceId(token.device_id),
            CustomerKey(token.bucket, token.customer_id),
            datetime.fromtimestamp(token.expires_at, UTC),
        )

    def _read(self, text: str, now: datetime) -> DeviceToken:
        if text.startswith(KEY_PREFIXES):
            read_key(self._holders(), text, now)
            raise forbidden("Pings take the token of a device, not a key.")
        return read_token(self._tokens, text, now)
