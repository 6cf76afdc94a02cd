"""The access token that tells Google who we are: fetched once for all who wait."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Annotated

import msgspec
from google.auth import jwt
from google.auth.exceptions import GoogleAuthError
from google.oauth2.service_account import Credentials
from msgspec import Meta, Struct

from geopush.clock import Clock
from geopush.core.message import AuthFailed, Transient
from geopush.errors import SettingsError

SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
AUDIENCE = "https://oauth2.googleapis.com/token"  # whatever the address we ask at
GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer"
ASSERTION_LIFE = timedelta(hours=1)
RENEW_EARLY = timedelta(minutes=5)


class FcmAccount(Struct, frozen=True):
    """Who sends to Google: a project, and the JSON text of its service account."""

    project_id: str
    service_account: str

    def __repr__(self) -> str:
        """Show everything but the key."""
        return f"FcmAccount({self.project_id!r})"


class Reply(Struct, frozen=True):
    """An answer of one of Google's servers."""

    status: int
    body: bytes
    retry_after: timedelta | None


class _Granted(Struct, frozen=True):
    access_token: Annotated[str, Meta(pattern=r"^[!-~]+\Z")]  # it becomes a header
    expires_in: int


class _Token(Struct, frozen=True):
    header: str
    renew_at: datetime


Ask = Callable[[str, Mapping[str, str]], Awaitable[Reply | Transient]]


class AccessTokens:
    """The access token of one account; ``ask`` posts a form and returns the reply."""

    def __init__(self, account: FcmAccount, ask: Ask, clock: Clock) -> None:
        self.credentials, self._address = _read_account(account)
        self._ask = ask
        self._clock = clock
        self._token: _Token | None = None
        self._fetching: asyncio.Task[_Token | AuthFailed | Transient] | None = None

    async def header(self, refused: str | None = None) -> str | AuthFailed | Transient:
        """Return the authorization header, another one than was refused."""
        token = self._token
        if token and token.header != refused and self._clock() < token.renew_at:
            return token.header
        fetched = await self._fetched()
        return fetched.header if isinstance(fetched, _Token) else fetched

    async def close(self) -> None:
        """Stop asking."""
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.wait([self._fetching])

    async def _fetched(self) -> _Token | AuthFailed | Transient:
        if self._fetching is None:
            self._fetching = asyncio.create_task(self._fetch())
            self._fetching.add_done_callback(self._forget)
        attempt = self._fetching
        await asyncio.wait([attempt])  # goes on for the others if we are cancelled
        if attempt.cancelled():
            return Transient("closed", ambiguous=False)
        return attempt.result()

    def _forget(self, _: object) -> None:
        self._fetching = None

    async def _fetch(self) -> _Token | AuthFailed | Transient:
        form = {"grant_type": GRANT_TYPE, "assertion": self._assertion()}
        reply = await self._ask(self._address, form)
        if isinstance(reply, Transient):
            return Transient(f"oauth_{reply.reason}", ambiguous=False)
        if reply.status == 429 or reply.status >= 500:
            return Transient("oauth_unavailable", False, reply.retry_after)
        try:
            granted = msgspec.json.decode(reply.body, type=_Granted)
        except msgspec.DecodeError:
            return AuthFailed("service_account_refused")
        self._token = self._made(granted)
        return self._token

    def _made(self, granted: _Granted) -> _Token:
        life = timedelta(seconds=granted.expires_in)
        used = max(life - RENEW_EARLY, life / 2)
        return _Token(f"Bearer {granted.access_token}", self._clock() + used)

    def _assertion(self) -> str:
        now = self._clock()
        claims = {
            "iss": self.credentials.service_account_email,
            "scope": SCOPE,
            "aud": AUDIENCE,
            "iat": int(now.timestamp()),
            "exp": int((now + ASSERTION_LIFE).timestamp()),
        }
        signer = self.credentials.signer
        signed: bytes = jwt.encode(signer, claims)  # type: ignore[no-untyped-call]
        return signed.decode()


def _read_account(account: FcmAccount) -> tuple[Credentials, str]:
    try:
        info = msgspec.json.decode(account.service_account, type=dict[str, str])
        credentials: Credentials = Credentials.from_service_account_info(  # type: ignore[no-untyped-call]
            info, scopes=[SCOPE]
        )
    except (msgspec.DecodeError, ValueError, GoogleAuthError) as error:
        raise SettingsError("the FCM service account cannot be read") from error
    return credentials, info["token_uri"]
