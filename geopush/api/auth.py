"""Who is asking: a key or a device token, from the Authorization header."""

from typing import TypeAlias

from litestar import Request
from litestar.datastructures import State

from geopush.api.credentials import (
    bearer,
    forbidden,
    read_key,
    read_token,
    unauthorized,
)
from geopush.api.parts import Parts
from geopush.core.access import KeyHolder, May, may
from geopush.core.token import PREFIX, DeviceToken

Asking: TypeAlias = Request[object, object, State]
Caller: TypeAlias = KeyHolder | DeviceToken


def who(request: Asking, parts: Parts) -> Caller:
    """Return who is asking; refuse whoever shows nothing that is in force."""
    return who_shows(request.headers.get("authorization"), parts)


def who_shows(header: str | None, parts: Parts) -> Caller:
    """Return who shows this Authorization header."""
    credential = bearer(header)
    if not credential or not credential.isascii():
        raise unauthorized("Send Authorization: Bearer with a key or a device token.")
    if credential.startswith(PREFIX):
        return read_token(parts.tokens, credential, parts.clock())
    return read_key(parts.refresh.holders, credential, parts.clock())


def allowed(request: Asking, parts: Parts, what: May) -> KeyHolder:
    """Return the holder of a key that may do this; refuse all others."""
    caller = who(request, parts)
    if not isinstance(caller, KeyHolder) or not may(caller.role, what):
        raise forbidden(f"This takes a key that may {what.replace('_', ' ')}.")
    return caller
