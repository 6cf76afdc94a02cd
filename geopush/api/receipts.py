"""The route of receipts: what phones report of messages."""

import msgspec
from litestar import post
from litestar.di import NamedDependency
from msgspec import Struct

from geopush.api.auth import Asking, who
from geopush.api.body import read_json, takes
from geopush.api.credentials import bearer, forbidden, read_receipt_token
from geopush.api.parts import Parts
from geopush.api.problems import ProblemException, placed, refusals
from geopush.api.quotas import Sending
from geopush.core.receipt import AHEAD, Receipt
from geopush.core.token import RECEIPT_PREFIX, DeviceToken, ReceiptToken

MOST_RECEIPTS = 200  # looking for one that is not where it should be costs something
INVALID, IN_THE_FUTURE = "invalid", "in_the_future"


class Batch(Struct):
    """Receipts, each looked at on its own: a bad one does not refuse the others."""

    receipts: list[msgspec.Raw]


class ReceiptsGiven(Struct):
    """What phones report of messages."""

    receipts: list[Receipt]


class Rejected(Struct, omit_defaults=True):
    """A receipt that is not taken: where in the batch, and why."""

    index: int
    reason: str
    path: str | None = None


class ReceiptsTaken(Struct):
    """What became of the receipts; the four add up to what was sent."""

    accepted: int
    repeated: int
    unknown: int
    rejected: list[Rejected]


@post(
    "/v1/receipts",
    status_code=202,
    opt=takes(ReceiptsGiven),
    responses=refusals(400, 401, 403, 413, 415, 429, 503),
)
async def give_receipts(
    request: Asking, parts: NamedDependency[Parts]
) -> ReceiptsTaken:
    """Take receipts in, from a device or with the token of one message.

    Each `kind` counts once for each message and button. The buttons `like`, `mute_zone`
    and `snooze` set the customer's preferences.
    """
    reporter = _reporter(request, parts)
    whose = _whose(reporter)
    parts.quotas.spend(whose, Sending.RECEIPTS)
    batch = await read_json(request, Batch, parts.knobs.body_bytes)
    if len(batch.receipts) > MOST_RECEIPTS:
        detail = f"At most {MOST_RECEIPTS} receipts in a request."
        raise ProblemException("too_large", 413, detail)
    if batch.receipts:
        parts.quotas.spend_more(whose, len(batch.receipts) - 1)
    read = [_read(index, raw, parts) for index, raw in enumerate(batch.receipts)]
    fitting = [one for one in read if isinstance(one, Receipt)]
    counted = await parts.receipts.take(reporter, fitting)
    return ReceiptsTaken(
        accepted=counted.accepted,
        repeated=counted.repeated,
        unknown=counted.unknown,
        rejected=[one for one in read if isinstance(one, Rejected)],
    )


def _reporter(request: Asking, parts: Parts) -> DeviceToken | ReceiptToken:
    credential = bearer(request.headers.get("authorization"))
    if credential.startswith(RECEIPT_PREFIX):
        return read_receipt_token(parts.tokens, credential, parts.clock())
    caller = who(request, parts)
    if isinstance(caller, DeviceToken):
        return caller
    raise forbidden("Receipts are given by devices, or with a message's own token.")


def _whose(reporter: DeviceToken | ReceiptToken) -> str:
    """Whose quota is spent: that of the device, or that of the one message."""
    if isinstance(reporter, DeviceToken):
        return reporter.device_id
    return str(reporter.message_id)


def _read(index: int, raw: msgspec.Raw, parts: Parts) -> Receipt | Rejected:
    try:
        receipt = msgspec.json.decode(raw, type=Receipt)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        place = placed(str(error)).path.removeprefix("$")
        return Rejected(index, INVALID, f"$.receipts[{index}]{place}")
    if receipt.at - parts.clock() > AHEAD:
        return Rejected(index, IN_THE_FUTURE, f"$.receipts[{index}].at")
    return receipt


ROUTES = (give_receipts,)
