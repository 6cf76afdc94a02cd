"""What answers mean, row by row."""

from datetime import UTC, datetime, timedelta

import pytest

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
from geopush.push.apns_answer import Answer
from geopush.push.apns_answer import read_outcome as read_apple
from geopush.push.classify import APPLE, GOOGLE, classify, parse_retry_after
from geopush.push.fcm_problem import read_outcome as read_google
from geopush.push.fcm_token import Reply
from geopush.sandbox.apns_checks import STATUS as APPLE_STATUS
from geopush.sandbox.fcm_errors import Violation, bad_request, refusal
from tests.push.build import NOW

MINUTE = timedelta(seconds=60)
QUOTA = b"""{"error": {"details": [
    {"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError",
     "errorCode": "QUOTA_EXCEEDED"},
    {"@type": "type.googleapis.com/google.rpc.QuotaFailure",
     "violations": [{"subject": "project:9", "description": "Message rate exceeded"}]}
]}}"""
INVALID = b"""{"error": {"details": [
    {"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError",
     "errorCode": "INVALID_ARGUMENT"},
    {"@type": "type.googleapis.com/google.rpc.BadRequest",
     "fieldViolations": [{"field": "message.%s", "description": "no"}]}
]}}"""


def apple(status: int, body: bytes, retry_after: str | None = None) -> Outcome:
    return read_apple(Answer(status, body, retry_after), NOW)


def google(status: int, body: bytes, retry_after: timedelta | None = None) -> Outcome:
    return read_google(Reply(status, body, retry_after))


@pytest.mark.parametrize(
    ("status", "reason", "outcome"),
    [
        (200, "", Accepted()),
        (400, "BadCollapseId", Rejected("bad_collapse_id")),
        (400, "BadDeviceToken", AddressSuspect("bad_device_token")),
        (400, "BadExpirationDate", Rejected("bad_expiration_date")),
        (400, "BadMessageId", Rejected("bad_message_id")),
        (400, "BadPriority", Rejected("bad_priority")),
        (400, "BadTopic", AuthFailed("bad_topic")),
        (400, "DeviceTokenNotForTopic", Rejected("device_token_not_for_topic")),
        (400, "DuplicateHeaders", Rejected("duplicate_headers")),
        (400, "IdleTimeout", Transient("idle_timeout", ambiguous=False)),
        (400, "InvalidPushType", Rejected("invalid_push_type")),
        (400, "MissingDeviceToken", Rejected("missing_device_token")),
        (400, "MissingTopic", AuthFailed("missing_topic")),
        (400, "PayloadEmpty", Rejected("payload_empty")),
        (400, "TopicDisallowed", AuthFailed("topic_disallowed")),
        (403, "BadCertificate", AuthFailed("bad_certificate")),
        (403, "BadCertificateEnvironment", AuthFailed("bad_certificate_environment")),
        (403, "BadEnvironmentKeyIdInToken", AuthFailed("key_of_other_environment")),
        (403, "ExpiredProviderToken", AuthFailed("expired_provider_token")),
        (403, "Forbidden", AuthFailed("forbidden")),
        (403, "InvalidProviderToken", AuthFailed("invalid_provider_token")),
        (403, "MissingProviderToken", AuthFailed("missing_provider_token")),
        (403, "UnrelatedKeyIdInToken", AuthFailed("unrelated_key")),
        (404, "BadPath", Rejected("bad_path")),
        (405, "MethodNotAllowed", Rejected("method_not_allowed")),
        (410, "ExpiredToken", AddressDead("expired_token")),
        (410, "Unregistered", AddressDead("unregistered")),
        (413, "PayloadTooLarge", Rejected("payload_too_large")),
        (
            *(429, "TooManyProviderTokenUpdates"),
            Throttled("too_many_provider_token_updates", scope="app"),
        ),
        (429, "TooManyRequests", Throttled("too_many_requests", scope="device")),
        (500, "InternalServerError", Transient("internal_error", ambiguous=False)),
        (502, "", Transient("bad_gateway", ambiguous=True)),
        (503, "ServiceUnavailable", Transient("unavailable", ambiguous=False)),
        (503, "Shutdown", Transient("shutdown", ambiguous=False)),
        (504, "", Transient("gateway_timeout", ambiguous=True)),
    ],
)
def test_what_an_answer_of_apple_means(
    status: int, reason: str, outcome: Outcome
) -> None:
    assert classify(APPLE, status, reason) == outcome


@pytest.mark.parametrize("reason", APPLE_STATUS)
def test_every_reason_that_apple_may_give_has_its_row(reason: str) -> None:
    assert (APPLE_STATUS[reason], reason) in APPLE


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("INVALID_ARGUMENT", AddressSuspect("invalid_address")),
        ("UNREGISTERED", AddressDead("unregistered")),
        ("NOT_FOUND", AuthFailed("unknown_project")),
        ("SENDER_ID_MISMATCH", Rejected("sender_id_mismatch")),
        ("PERMISSION_DENIED", AuthFailed("permission_denied")),
        ("UNAUTHENTICATED", AuthFailed("unauthenticated")),
        ("THIRD_PARTY_AUTH_ERROR", AuthFailed("third_party_auth_error")),
        ("QUOTA_EXCEEDED", Throttled("quota_exceeded", "device", MINUTE)),
        ("INTERNAL", Transient("internal_error", ambiguous=False)),
        ("UNAVAILABLE", Transient("unavailable", ambiguous=False)),
    ],
)
def test_what_a_refusal_of_google_means(code: str, outcome: Outcome) -> None:
    assert google(*refusal(code)) == outcome


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (200, b'{"name": "projects/p/messages/1"}', Accepted()),
        (400, b"", Rejected("bad_request")),
        (400, INVALID % b"token", AddressSuspect("invalid_address")),
        (400, INVALID % b"fid", AddressSuspect("invalid_address")),
        (400, INVALID % b"android.ttl", Rejected("bad_request")),
        (*bad_request([Violation("message", "no")]), Rejected("bad_request")),
        (404, b"<html>", AuthFailed("unknown_project")),
        (413, b"", Rejected("payload_too_large")),
        (429, b"", Throttled("too_many_requests", "project", MINUTE)),
        (429, QUOTA, Throttled("quota_exceeded", "project", MINUTE)),
        (502, b"", Transient("bad_gateway", ambiguous=True)),
        (504, b"", Transient("gateway_timeout", ambiguous=True)),
    ],
)
def test_the_details_of_google_decide_not_the_status_alone(
    status: int, body: bytes, outcome: Outcome
) -> None:
    assert google(status, body) == outcome


@pytest.mark.parametrize("table", [APPLE, GOOGLE])
@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (418, Rejected("unlisted_refusal")),
        (302, Transient("unlisted_answer", ambiguous=True)),
        (599, Transient("unlisted_answer", ambiguous=True)),
    ],
)
def test_a_status_nobody_listed_is_taken_by_its_class(
    table: dict[tuple[int, str], Outcome], status: int, outcome: Outcome
) -> None:
    assert classify(table, status, "New") == outcome


@pytest.mark.parametrize("status", [400, 403, 404, 405, 410, 413, 429, 500, 503])
def test_an_unlisted_reason_is_taken_by_its_status(status: int) -> None:
    assert classify(APPLE, status, "New") == APPLE[status, ""]


def test_apple_says_since_when_nobody_is_there() -> None:
    body = b'{"reason": "Unregistered", "timestamp": 1751328000123}'
    since = datetime(2025, 7, 1, 0, 0, 0, 123000, tzinfo=UTC)
    assert apple(410, body) == AddressDead("unregistered", since)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b'{"timestamp": 99999999999999999}']
)
def test_a_body_of_apple_that_says_nothing_is_no_harm(body: bytes) -> None:
    assert apple(410, body) == AddressDead("unregistered")


def test_apple_may_say_when_to_come_back() -> None:
    body = b'{"reason": "ServiceUnavailable"}'
    after = timedelta(seconds=17)
    assert apple(503, body, "17") == Transient("unavailable", False, after)


@pytest.mark.parametrize(("asked", "kept"), [(5, 60), (90, 90)])
def test_google_is_given_a_minute_at_least_over_quota(asked: int, kept: int) -> None:
    outcome = google(429, QUOTA, timedelta(seconds=asked))
    assert outcome == Throttled("quota_exceeded", "project", timedelta(seconds=kept))


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        (None, None),
        ("30", timedelta(seconds=30)),
        ("Wed, 01 Jul 2026 12:01:00 GMT", timedelta(minutes=1)),
        ("Wed, 01 Jul 2026 12:01:00 -0000", timedelta(minutes=1)),
        ("Wed, 01 Jul 2026 11:00:00 GMT", timedelta(0)),
        ("9" * 5000, timedelta(days=1)),
        ("Wed, 01 Jul 9999 11:00:00 GMT", timedelta(days=1)),
        ("soon", None),
        ("-5", None),
        ("²", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(
    header: str | None, wait: timedelta | None
) -> None:
    assert parse_retry_after(header, NOW) == wait
