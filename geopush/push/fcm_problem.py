"""Google's refusals, read to the details: the status alone names several causes."""

import msgspec
from msgspec import Struct, field

from geopush.core.message import Outcome, Throttled
from geopush.push import classify
from geopush.push.fcm_token import Reply

ADDRESS_FIELDS = {"message.token", "message.fid"}


class _Violation(Struct, frozen=True):
    field: str = ""
    subject: str = ""
    description: str = ""


class _Detail(Struct, frozen=True, rename="camel"):
    type: str = field(default="", name="@type")
    error_code: str = ""
    field_violations: list[_Violation] = []
    violations: list[_Violation] = []


class _Error(Struct, frozen=True):
    details: list[_Detail] = []


class _Problem(Struct, frozen=True):
    error: _Error = _Error()


def read_outcome(reply: Reply) -> Outcome:
    """Say what Google's answer to a message means."""
    details = _read_details(reply)
    code = _code(details)
    outcome = classify.classify(classify.GOOGLE, reply.status, code, reply.retry_after)
    if isinstance(outcome, Throttled) and _is_about_one_device(details):
        return msgspec.structs.replace(outcome, scope="device")
    return outcome


def _read_details(reply: Reply) -> list[_Detail]:
    if reply.status < 400:
        return []
    try:
        return msgspec.json.decode(reply.body, type=_Problem).error.details
    except msgspec.DecodeError:
        return []


def _code(details: list[_Detail]) -> str:
    """Return FCM's own code; an invalid argument counts only if it is the address."""
    code = next((each.error_code for each in details if each.error_code), "")
    blamed = {each.field for detail in details for each in detail.field_violations}
    if code == "INVALID_ARGUMENT" and blamed - ADDRESS_FIELDS:
        return ""
    return code


def _is_about_one_device(details: list[_Detail]) -> bool:
    quotas = [quota for detail in details for quota in detail.violations]
    return any(
        "device" in f"{quota.subject} {quota.description}".lower() for quota in quotas
    )
