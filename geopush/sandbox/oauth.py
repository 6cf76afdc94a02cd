"""Google's access tokens: a service account signs for one, and it lasts an hour."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from secrets import token_urlsafe

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from jwt.types import Options
from msgspec import Struct

from geopush.sandbox.clock import Clock

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SCOPES = {
    "https://www.googleapis.com/auth/firebase.messaging",
    "https://www.googleapis.com/auth/cloud-platform",
}
# Google's libraries name this audience, whatever address they ask.
USUAL_AUDIENCE = "https://oauth2.googleapis.com/token"
LIFE = timedelta(seconds=3599)
LONGEST_ASSERTION = timedelta(hours=1)
SKEW = timedelta(minutes=5)
# Times are judged here, by a clock that can be handed over.
_OPTIONS: Options = {
    "verify_iat": False,
    "verify_exp": False,
    "require": ["iss", "aud", "exp", "iat"],
}


class Account(Struct, frozen=True):
    """A service account as Google knows it."""

    email: str
    key_id: str
    key: rsa.RSAPublicKey


class Grant(Struct, frozen=True):
    """An access token that was given."""

    access_token: str
    expires_in: int
    token_type: str = "Bearer"  # noqa: S105  the kind of token, not one


class NoGrant(Struct, frozen=True):
    """Why none was given."""

    error: str
    error_description: str


class AccessTokens:
    """Gives access tokens to one account, and knows them again."""

    def __init__(self, account: Account, audience: str, clock: Clock) -> None:
        self._account = account
        self._audiences = [audience, USUAL_AUDIENCE]
        self._clock = clock
        self._until: dict[str, datetime] = {}

    def grant(self, grant_type: str, assertion: str) -> Grant | NoGrant:
        """Answer a request for an access token."""
        if grant_type != GRANT_TYPE:
            return NoGrant(
                "unsupported_grant_type", f"Invalid grant_type: {grant_type}"
            )
        refusal = self._refusal(assertion)
        if refusal is not None:
            return refusal
        token = f"ya29.{token_urlsafe(32)}"
        self._until[token] = self._clock() + LIFE
        return Grant(token, int(LIFE.total_seconds()))

    def is_good(self, authorization: str | None) -> bool:
        """Say whether the header carries an access token that still holds."""
        scheme, _, token = (authorization or "").partition(" ")
        until = self._until.get(token)
        return (
            scheme.lower() == "bearer" and until is not None and self._clock() < until
        )

    def _refusal(self, assertion: str) -> NoGrant | None:
        try:
            key_id = jwt.get_unverified_header(assertion).get("kid")
            claims: dict[str, object] = jwt.decode(
                assertion,
                self._account.key,
                ["RS256"],
                _OPTIONS,
                audience=self._audiences,
            )
        except jwt.PyJWTError as error:
            return NoGrant("invalid_grant", f"Invalid JWT: {error}")
        if key_id not in (None, self._account.key_id):
            return NoGrant("invalid_grant", "Invalid JWT: the key is not known")
        if claims["iss"] != self._account.email:
            return NoGrant("invalid_grant", "Invalid grant: account not found")
        if not self._is_timely(claims["iat"], claims["exp"]):
            return NoGrant(
                "invalid_grant", "Invalid JWT: not of now, or too long-lived"
            )
        if not SCOPES.intersection(str(claims.get("scope", "")).split()):
            return NoGrant("invalid_scope", "No scope that allows messaging")
        return None

    def _is_timely(self, issued_at: object, expires: object) -> bool:
        if not isinstance(issued_at, int | float) or not isinstance(
            expires, int | float
        ):
            return False
        now = self._clock().timestamp()
        skew = SKEW.total_seconds()
        longest = LONGEST_ASSERTION.total_seconds()
        return issued_at <= now + skew and now < expires <= issued_at + longest


def load_account(file: Path) -> Account:
    """Read a service account and keep only what Google would."""
    account: dict[str, str] = json.loads(file.read_bytes())
    key = load_pem_private_key(
        account["private_key"].encode(),
        password=None,
        unsafe_skip_rsa_key_validation=True,  # we made it, and checking takes 30 ms
    )
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError(f"{file} holds no RSA key")
    return Account(account["client_email"], account["private_key_id"], key.public_key())
