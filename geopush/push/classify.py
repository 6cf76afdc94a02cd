"""What an answer of Apple or Google means: two tables, and how to read them.

An answer with a status is never ambiguous, except from a proxy (502, 504) that does
not know what became of the request. A mistake in our own configuration must cost no
address, so what may be one (a foreign topic or sender) rejects the message alone, and
an address that is not taken is only suspect.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from types import MappingProxyType

from msgspec.structs import replace

from geopush.core.message import (
    Accepted,
    AddressDead,
    AddressSuspect,
    AuthFailed,
    Outcome,
    Rejected,
    Throttled,
    Transient,
)

LONGEST_RETRY_AFTER = timedelta(days=1)  # whatever a header says
GOOGLE_QUOTA_WAIT = timedelta(seconds=60)  # Google's least wait over a message quota

Table = Mapping[tuple[int, str], Outcome]

APPLE: Table = MappingProxyType(
    {
        (200, ""): Accepted(),
        (400, "BadCollapseId"): Rejected("bad_collapse_id"),
        (400, "BadDeviceToken"): AddressSuspect("bad_device_token"),
        (400, "BadExpirationDate"): Rejected("bad_expiration_date"),
        (400, "BadMessageId"): Rejected("bad_message_id"),
        (400, "BadPriority"): Rejected("bad_priority"),
        (400, "BadTopic"): AuthFailed("bad_topic"),
        (400, "DeviceTokenNotForTopic"): Rejected("device_token_not_for_topic"),
        (400, "DuplicateHeaders"): Rejected("duplicate_headers"),
        (400, "IdleTimeout"): Transient("idle_timeout", ambiguous=False),
        (400, "InvalidPushType"): Rejected("invalid_push_type"),
        (400, "MissingDeviceToken"): Rejected("missing_device_token"),
        (400, "MissingTopic"): AuthFailed("missing_topic"),
        (400, "PayloadEmpty"): Rejected("payload_empty"),
        (400, "TopicDisallowed"): AuthFailed("topic_disallowed"),
        (400, ""): Rejected("bad_request"),
        (403, "BadCertificate"): AuthFailed("bad_certificate"),
        (403, "BadCertificateEnvironment"): AuthFailed("bad_certificate_environment"),
        (403, "BadEnvironmentKeyIdInToken"): AuthFailed("key_of_other_environment"),
        (403, "ExpiredProviderToken"): AuthFailed("expired_provider_token"),
        (403, "Forbidden"): AuthFailed("forbidden"),
        (403, "InvalidProviderToken"): AuthFailed("invalid_provider_token"),
        (403, "MissingProviderToken"): AuthFailed("missing_provider_token"),
        (403, "UnrelatedKeyIdInToken"): AuthFailed("unrelated_key"),
        (403, ""): AuthFailed("forbidden"),
        (404, "BadPath"): Rejected("bad_path"),
        (404, ""): Rejected("bad_path"),
        (405, "MethodNotAllowed"): Rejected("method_not_allowed"),
        (405, ""): Rejected("method_not_allowed"),
        (410, "ExpiredToken"): AddressDead("expired_token"),
        (410, "Unregistered"): AddressDead("unregistered"),
        (410, ""): AddressDead("unregistered"),
        (413, "PayloadTooLarge"): Rejected("payload_too_large"),
        (413, ""): Rejected("payload_too_large"),
        (429, "TooManyProviderTokenUpdates"): Throttled(
            "too_many_provider_token_updates", scope="app"
        ),
        (429, "TooManyRequests"): Throttled("too_many_requests", scope="device"),
        (429, ""): Throttled("too_many_requests", scope="device"),
        (500, "InternalServerError"): Transient("internal_error", ambiguous=False),
        (500, ""): Transient("internal_error", ambiguous=False),
        (502, ""): Transient("bad_gateway", ambiguous=True),
        (503, "ServiceUnavailable"): Transient("unavailable", ambiguous=False),
        (503, "Shutdown"): Transient("shutdown", ambiguous=False),
        (503, ""): Transient("unavailable", ambiguous=False),
        (504, ""): Transient("gateway_timeout", ambiguous=True),
    }
)

GOOGLE: Table = MappingProxyType(
    {
        (200, ""): Accepted(),
        (400, "INVALID_ARGUMENT"): AddressSuspect("invalid_address"),
        (400, ""): Rejected("bad_request"),
        (401, "THIRD_PARTY_AUTH_ERROR"): AuthFailed("third_party_auth_error"),
        (401, ""): AuthFailed("unauthenticated"),
        (403, "SENDER_ID_MISMATCH"): Rejected("sender_id_mismatch"),
        (403, ""): AuthFailed("permission_denied"),
        (404, "UNREGISTERED"): AddressDead("unregistered"),
        (404, ""): AuthFailed("unknown_project"),
        (413, ""): Rejected("payload_too_large"),
        (429, "QUOTA_EXCEEDED"): Throttled(
            "quota_exceeded", scope="project", retry_after=GOOGLE_QUOTA_WAIT
        ),
        (429, ""): Throttled(
            "too_many_requests", scope="project", retry_after=GOOGLE_QUOTA_WAIT
        ),
        (500, "INTERNAL"): Transient("internal_error", ambiguous=False),
        (500, ""): Transient("internal_error", ambiguous=False),
        (502, ""): Transient("bad_gateway", ambiguous=True),
        (503, "UNAVAILABLE"): Transient("unavailable", ambiguous=False),
        (503, ""): Transient("unavailable", ambiguous=False),
        (504, ""): Transient("gateway_timeout", ambiguous=True),
    }
)


def classify(
    table: Table, status: int, reason: str, retry_after: timedelta | None = None
) -> Outcome:
    """Look an answer up; one with a reason not listed is taken by its status alone."""
    outcome = table.get((status, reason)) or table.get((status, ""))
    if outcome is None:
        return _unlisted(status)
    if isinstance(outcome, Throttled | Transient) and retry_after is not None:
        least = outcome.retry_after or timedelta(0)
        return replace(outcome, retry_after=max(least, retry_after))
    return outcome


def _unlisted(status: int) -> Outcome:
    if 400 <= status < 500:
        return Rejected("unlisted_refusal")
    return Transient("unlisted_answer", ambiguous=True)


def parse_retry_after(value: str | None, now: datetime) -> timedelta | None:
    """Read a Retry-After header, in seconds or as a date; None if it says nothing."""
    if value is None:
        return None
    if value.isascii() and value.isdigit():
        longest = int(LONGEST_RETRY_AFTER.total_seconds())
        return timedelta(seconds=min(int(value[:9]), longest))
    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return min(max(until - now, timedelta(0)), LONGEST_RETRY_AFTER)
