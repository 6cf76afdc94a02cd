"""Google's refusals: which code has which status, and how they read."""

import json

from msgspec import Struct

FCM_ERROR = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"
ERROR_INFO = "type.googleapis.com/google.rpc.ErrorInfo"
QUOTA_FAILURE = "type.googleapis.com/google.rpc.QuotaFailure"

STATUS = {
    "INVALID_ARGUMENT": 400,
    "THIRD_PARTY_AUTH_ERROR": 401,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "SENDER_ID_MISMATCH": 403,
    "NOT_FOUND": 404,
    "UNREGISTERED": 404,
    "QUOTA_EXCEEDED": 429,
    "INTERNAL": 500,
    "UNAVAILABLE": 503,
}
CODE_FOR = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "SENDER_ID_MISMATCH",
    404: "UNREGISTERED",
    429: "QUOTA_EXCEEDED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}
_RPC_STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}
# These come from the front that all of Google's services share, not from FCM.
_NOT_FROM_FCM = {"UNAUTHENTICATED", "PERMISSION_DENIED", "NOT_FOUND"}
_TEXTS = {
    "INVALID_ARGUMENT": "The registration token is not a valid FCM registration token",
    "THIRD_PARTY_AUTH_ERROR": "Auth error from APNS or Web Push Service",
    "UNAUTHENTICATED": "Request had invalid authentication credentials.",
    "PERMISSION_DENIED": "Permission denied on this project.",
    "SENDER_ID_MISMATCH": "SenderId mismatch",
    "NOT_FOUND": "Requested entity was not found.",
    "UNREGISTERED": "NotRegistered",
    "QUOTA_EXCEEDED": "Quota exceeded for this message.",
    "INTERNAL": "Internal error encountered.",
    "UNAVAILABLE": "The service is currently unavailable.",
}


class Violation(Struct, frozen=True):
    """A field of a message that Google does not take."""

    field: str
    description: str


def refusal(code: str, status: int | None = None) -> tuple[int, bytes]:
    """Write a refusal with that code; the status says more than the code does."""
    status = status or STATUS.get(code, 500)
    details: list[dict[str, object]] = []
    if code == "UNAUTHENTICATED":
        info = {"reason": "ACCESS_TOKEN_EXPIRED", "domain": "googleapis.com"}
        details.append({"@type": ERROR_INFO, **info})
    elif code not in _NOT_FROM_FCM:
        details.append({"@type": FCM_ERROR, "errorCode": code})
    if code == "QUOTA_EXCEEDED":
        subject = {"subject": "device", "description": "Message rate exceeded"}
        details.append({"@type": QUOTA_FAILURE, "violations": [subject]})
    return status, _write(status, _TEXTS.get(code, code), details)


def bad_request(violations: list[Violation]) -> tuple[int, bytes]:
    """Write a refusal of a message that is not as the schema has it."""
    fields = [{"field": v.field, "description": v.description} for v in violations]
    details: list[dict[str, object]] = [
        {"@type": BAD_REQUEST, "fieldViolations": fields},
    ]
    return 400, _write(400, violations[0].description, details)


def _write(status: int, text: str, details: list[dict[str, object]]) -> bytes:
    rpc_status = _RPC_STATUS.get(status, "UNKNOWN")
    error = {"code": status, "message": text, "status": rpc_status, "details": details}
    return json.dumps({"error": error}).encode()
