"""The token that tells Apple who we are: one for all apps and connections of a team.

Apple refuses one older than an hour, and more than one new one in twenty minutes.
"""

from datetime import datetime, timedelta

import jwt
from msgspec import Struct

from geopush.clock import Clock
from geopush.errors import SettingsError

RENEW_AFTER = timedelta(minutes=40)  # halfway between Apple's two limits
RENEW_EARLIEST = timedelta(minutes=20)


class SigningKey(Struct, frozen=True):
    """The text of a team's .p8 key, with its ids."""

    key: str
    key_id: str
    team_id: str

    def __repr__(self) -> str:
        """Show everything but the key."""
        return f"SigningKey({self.key_id!r}, {self.team_id!r})"


class ProviderToken:
    """The authorization header of every request of one team."""

    def __init__(self, key: SigningKey, clock: Clock) -> None:
        self._key = key
        self._clock = clock
        self._mint()

    def header(self) -> str:
        """Return the header as it is to be sent now."""
        if self._age() >= RENEW_AFTER:
            self._mint()
        return self._header

    def renewed(self, refused: str) -> str | None:
        """Return another header than the one refused; None if Apple forbids it yet."""
        if refused == self._header and self._age() < RENEW_EARLIEST:
            return None
        if refused == self._header:
            self._mint()
        return self._header

    def _age(self) -> timedelta:
        # A clock set back must not keep a token from the future alive.
        return abs(self._clock() - self._minted)

    def _mint(self) -> None:
        self._minted: datetime = self._clock()
        claims = {
            "iss": self._key.team_id,
            "iat": int(self._minted.timestamp()),
        }
        headers = {"kid": self._key.key_id}
        try:
            token = jwt.encode(claims, self._key.key, "ES256", headers)
        except (ValueError, TypeError, jwt.PyJWTError) as error:
            raise SettingsError("the APNs key is not a .p8 signing key") from error
        self._header = f"bearer {token}"
