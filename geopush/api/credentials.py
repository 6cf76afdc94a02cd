"""Credentials as they come in headers: read, or refused as a problem."""

from collections.abc import Mapping
from datetime import datetime

from geopush.api.problems import ProblemException
from geopush.core.access import KeyHolder, hash_key
from geopush.core.token import DeviceToken, ReceiptToken, TokenFault, TokenRing

CHALLENGE = {"WWW-Authenticate": "Bearer"}
KEY_PREFIXES = ("gp_pk_", "gp_sk_")


def bearer(header: str | None) -> str:
    """Return what an Authorization header shows as a bearer, or nothing."""
    scheme, _, credential = (header or "").partition(" ")
    return credential.strip() if scheme.lower() == "bearer" else ""


def read_token(tokens: TokenRing, text: str, now: datetime) -> DeviceToken:
    """Return what a device token says; refuse it if it is not in force."""
    read = tokens.read(text, now)
    if read is TokenFault.TOKEN_EXPIRED:
        raise _expired("The device token has expired; register the device again.")
    if isinstance(read, TokenFault):
        raise unauthorized("Send Authorization: Bearer with a device token of ours.")
    return read


def read_receipt_token(tokens: TokenRing, text: str, now: datetime) -> ReceiptToken:
    """Return what a receipt token says; refuse it if it is not in force."""
    read = tokens.read_receipt(text, now)
    if read is TokenFault.TOKEN_EXPIRED:
        raise _expired("The time for receipts of this message is over.")
    if isinstance(read, TokenFault):
        raise unauthorized("Send the receipt_token as it came with the message.")
    return read


def read_key(holders: Mapping[bytes, KeyHolder], text: str, now: datetime) -> KeyHolder:
    """Return who holds a key; refuse it if it is not in force."""
    holder = None
    if text.startswith(KEY_PREFIXES):
        holder = holders.get(hash_key(text))
    if holder is None or not holder.is_live(now):
        raise unauthorized("The key is not known, or no longer.")
    return holder


def unauthorized(detail: str) -> ProblemException:
    """Return the problem of whoever shows nothing that is in force."""
    return ProblemException("unauthorized", 401, detail, headers=CHALLENGE)


def forbidden(detail: str) -> ProblemException:
    """Return the problem of a right credential that is not enough."""
    return ProblemException("forbidden", 403, detail)


def _expired(detail: str) -> ProblemException:
    return ProblemException("token_expired", 401, detail, headers=CHALLENGE)
