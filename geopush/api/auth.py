"""Who is asking: a key or a device token, from the Authorization header."""

from typing import TypeAlias

from litestar import Request
from litestar.datastructures import State

from geopush.api.parts import Parts
from geopush.api.problems import ProblemException
from geopush.core.access import KeyHolder, May, hash_key, may
from geopush.core.token import PREFIX, DeviceToken, TokenFault

Asking: TypeAlias = Request[object, object, State]
Caller: TypeAlias = KeyHolder | DeviceToken

KEY_PREFIXES = ("gp_pk_", "gp_sk_")
_CHALLENGE = {"WWW-Authenticate": "Bearer"}


def who(request: Asking, parts: Parts) -> Caller:
    """Return who is asking; refuse whoever shows nothing that is in force."""
    return who_shows(request.headers.get("authorization"), parts)


def who_shows(header: str | None, parts: Parts) -> Caller:
    """Return who shows this Authorization header."""
    scheme, _, credential = (header or "").partition(" ")
    if scheme.lower() != "bearer" or not credential.isascii():
        raise _unknown("Send Authorization: Bearer with a key or a device token.")
    credential = credential.strip()
    if credential.startswith(PREFIX):
        return _device(credential, parts)
    return _holder(credential, parts)


def allowed(request: Asking, parts: Parts, what: May) -> KeyHolder:
    """Return the holder of a key that may do this; refuse all others."""
    caller = who(request, parts)
    if not isinstance(caller, KeyHolder) or not may(caller.role, what):
        raise forbidden(f"This takes a key that may {what.replace('_', ' ')}.")
    return caller


def device(request: Asking, parts: Parts) -> DeviceToken:
    """Return the device that is asking; refuse keys."""
    caller = who(request, parts)
    if isinstance(caller, KeyHolder):
        raise forbidden("This takes a device token, not a key.")
    return caller


def forbidden(detail: str) -> ProblemException:
    """Return the problem of a right credential that is not enough."""
    return ProblemException("forbidden", 403, detail)


def _device(credential: str, parts: Parts) -> DeviceToken:
    read = parts.tokens.read(credential, parts.clock())
    if read is TokenFault.TOKEN_EXPIRED:
        raise ProblemException(
            "token_expired",
            401,
            "The device token has expired; register the device again.",
            headers=_CHALLENGE,
        )
    if isinstance(read, TokenFault):
        raise _unknown("The device token is not one of ours.")
    return read


def _holder(credential: str, parts: Parts) -> KeyHolder:
    holder = None
    if credential.startswith(KEY_PREFIXES):
        holder = parts.refresh.holders.get(hash_key(credential))
    if holder is None or not holder.is_live(parts.clock()):
        raise _unknown("The key is not known, or no longer.")
    return holder


def _unknown(detail: str) -> ProblemException:
    return ProblemException("unauthorized", 401, detail, headers=_CHALLENGE)
