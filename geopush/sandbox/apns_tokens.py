"""Provider tokens: how a connection shows Apple which team it belongs to."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from jwt.types import Options
from msgspec import Struct

from geopush.sandbox.clock import Clock

LIFE = timedelta(hours=1)
SKEW = timedelta(minutes=5)
BETWEEN_UPDATES = timedelta(minutes=20)
# Ages are judged here, by a clock that can be handed over.
_OPTIONS: Options = {"verify_iat": False, "verify_exp": False, "require": ["iat"]}


class Team(Struct, frozen=True):
    """A team at Apple with its one key."""

    team_id: str
    key_id: str
    key: ec.EllipticCurvePublicKey


class ProviderTokens:
    """The provider tokens that one connection has shown, unless it is certified."""

    def __init__(self, team: Team, clock: Clock) -> None:
        self._team = team
        self._clock = clock
        self._token = ""
        self.is_certified = False
        self._since = self._issued_at = datetime.min.replace(tzinfo=UTC)

    def refusal(self, authorization: str | None) -> str | None:
        """Say why Apple would refuse the header, if it would."""
        if self.is_certified:
            return None
        if not authorization:
            return "MissingProviderToken"
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            return "InvalidProviderToken"
        if token != self._token:
            return self._take(token)
        return self._age_refusal(self._issued_at)

    def _take(self, token: str) -> str | None:
        issued_at = _issued_at(token, self._team)
        if issued_at is None:
            return "InvalidProviderToken"
        refusal = self._age_refusal(issued_at)
        if refusal is not None:
            return refusal
        if self._token and self._clock() - self._since < BETWEEN_UPDATES:
            return "TooManyProviderTokenUpdates"
        self._token, self._issued_at = token, issued_at
        self._since = self._clock()
        return None

    def _age_refusal(self, issued_at: datetime) -> str | None:
        age = self._clock() - issued_at
        if age > LIFE:
            return "ExpiredProviderToken"
        return "InvalidProviderToken" if age < -SKEW else None


def load_team(team_id: str, key_id: str, p8_file: Path) -> Team:
    """Read a team's key from the file that Apple would give it."""
    key = load_pem_private_key(p8_file.read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError(f"{p8_file} holds no elliptic curve key")
    return Team(team_id, key_id, key.public_key())


def _issued_at(token: str, team: Team) -> datetime | None:
    try:
        if jwt.get_unverified_header(token).get("kid") != team.key_id:
            return None
        claims: dict[str, object] = jwt.decode(token, team.key, ["ES256"], _OPTIONS)
    except jwt.PyJWTError:
        return None
    seconds = claims["iat"]
    if claims.get("iss") != team.team_id or not isinstance(seconds, int):
        return None
    return _moment(seconds)


def _moment(seconds: int) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None
