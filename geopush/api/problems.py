"""Every error as application/problem+json, in one table."""

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from urllib.parse import quote

import msgspec
from litestar import Request, Response
from litestar.datastructures import State
from litestar.exceptions import HTTPException, ValidationException
from litestar.openapi.datastructures import ResponseSpec
from msgspec import Struct

from geopush import log
from geopush.errors import Overloaded
from geopush.store.pool import busy, lost
from zones import Problem

MEDIA_TYPE = "application/problem+json"
SHOWN = 100  # problems in one answer; nobody mends more at a time
TRY_AGAIN = {"Retry-After": "1"}

TITLES: dict[str, str] = {
    "unreadable": "The body cannot be read",
    "invalid_body": "The body does not fit the schema",
    "invalid_parameter": "A parameter does not fit",
    "invalid_cursor": "The cursor is not one of ours",
    "cursor_gone": "The cursor leads nowhere any more",
    "unauthorized": "A credential is missing or wrong",
    "token_expired": "The token has expired",
    "forbidden": "The credential does not allow this",
    "not_found": "There is no such thing",
    "method_not_allowed": "The method is not for this address",
    "too_large": "The body is too large",
    "unsupported_media_type": "The type of the body is not taken",
    "invalid_zones": "The zones cannot be taken as they are",
    "invalid_offer": "The offer cannot be taken as it is",
    "impossible_moment": "The moment is too far away",
    "invalid_key": "The key cannot be made as it is wanted",
    "invalid_registration": "The device cannot be registered like this",
    "invalid_customer": "The customer cannot be written like this",
    "invalid_consents": "The consents cannot be taken as they are",
    "invalid_preferences": "The preferences cannot be taken as they are",
    "customer_signature_missing": "Nothing shows who the customer is",
    "customer_signature_wrong": "The signature is not for this customer",
    "customer_signature_expired": "The signature has expired",
    "customer_expiry_missing": "The signature needs an end",
    "location_not_permitted": "The customer does not let their location be used",
    "would_remove": "More zones would be removed than were allowed",
    "invalid_webhook": "Nothing can be sent like this",
    "wrong_state": "The message is past that",
    "message_expired": "The message holds good no longer",
    "capped": "It would be more than the caps allow",
    "offer_gone": "There is no such offer any more",
    "precondition_failed": "It was changed by someone else",
    "idempotency_key_reused": "The Idempotency-Key came with another request",
    "idempotency_key_in_flight": "The first request with this key is running",
    "over_quota": "The device sends more than its quota",
    "unavailable": "There is no room now",
    "internal": "Something went wrong here",
}

_CODES: dict[int, str] = {
    400: "invalid_parameter",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
    429: "over_quota",
    503: "unavailable",
}
_PLACE = re.compile(r"^(?P<text>.*?)(?: - at `(?P<path>.*)`)?$", re.DOTALL)


class ProblemDocument(Struct, omit_defaults=True, rename={"type_": "type"}):
    """What went wrong, for programs (`code`) and for people (the rest)."""

    type_: str
    code: str
    title: str
    status: int
    detail: str
    instance: str
    problems: list[Problem] = []
    problems_total: int = 0


class ProblemException(HTTPException):
    """A request that is refused, with everything that is wrong with it."""

    def __init__(
        self,
        code: str,
        status: int,
        detail: str,
        problems: Sequence[Problem] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(
            detail=detail,
            status_code=status,
            headers=dict(headers) if headers else None,
        )
        self.code = code
        self.problems = problems


def problem_body(
    code: str,
    status: int,
    detail: str,
    instance: str,
    problems: Sequence[Problem] = (),
) -> bytes:
    """Return a problem as JSON; ``instance`` is the path that was asked for."""
    document = ProblemDocument(
        type_=f"urn:geopush:problem:{code}",
        code=code,
        title=TITLES[code],
        status=status,
        detail=detail,
        instance=quote(instance, safe="/:~", errors="replace"),
        problems=list(problems[:SHOWN]),
        problems_total=len(problems),
    )
    return msgspec.json.encode(document)


def problem_of(error: Exception) -> ProblemException:
    """Return the problem that an exception is at the door."""
    if isinstance(error, ProblemException):
        return error
    if isinstance(error, ValidationException):
        return ProblemException(
            "invalid_parameter",
            400,
            "A parameter in the address or the headers does not fit.",
            _misfits(error),
        )
    if isinstance(error, HTTPException):
        return _plain(error.status_code, error.headers)
    if isinstance(error, Overloaded):
        return unavailable({"Retry-After": str(error.retry_after)})
    if lost(error) or busy(error):
        return unavailable(TRY_AGAIN)
    return ProblemException("internal", 500, "The fault is ours; it was written down.")


def unavailable(headers: Mapping[str, str]) -> ProblemException:
    """Return the problem of a service that is full, or without its database."""
    detail = "This cannot be done now; try again a little later."
    return ProblemException("unavailable", 503, detail, headers=headers)


def not_found(what: str) -> ProblemException:
    """Return the problem of a thing that is not there, or not for the one who asks."""
    return ProblemException("not_found", 404, f"There is no {what} of this id.")


def answer_problem(
    request: Request[object, object, State], error: Exception
) -> Response[bytes]:
    """Answer an exception as a problem."""
    problem = problem_of(error)
    if problem.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.failed("request.failed", error, code=problem.code)
    body = problem_body(
        problem.code,
        problem.status_code,
        problem.detail,
        request.scope["path"],
        problem.problems,
    )
    return Response(
        body,
        status_code=problem.status_code,
        headers=problem.headers,
        media_type=MEDIA_TYPE,
    )


def refusals(*statuses: int) -> dict[int, ResponseSpec]:
    """Document the problems that a route answers with."""
    return {
        status: ResponseSpec(
            ProblemDocument,
            generate_examples=False,
            description=HTTPStatus(status).phrase,
            media_type=MEDIA_TYPE,
        )
        for status in statuses
    }


def placed(text: str) -> Problem:
    """Turn a message of msgspec, which ends in the place, into a problem."""
    match = _PLACE.match(text)
    path = match["path"] if match and match["path"] else "$"
    return Problem(path, "wrong_type", match["text"] if match else text)


def _misfits(error: ValidationException) -> list[Problem]:
    extra = error.extra if isinstance(error.extra, list) else []
    return [
        Problem(str(one.get("key", "")), "wrong_type", str(one.get("message", "")))
        for one in extra
        if isinstance(one, dict)
    ]


def _plain(status: int, headers: Mapping[str, str] | None) -> ProblemException:
    code = _CODES.get(status, "internal" if status >= 500 else "invalid_parameter")
    return ProblemException(code, status, f"{TITLES[code]}.", headers=headers)
