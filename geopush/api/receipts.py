"""The route of receipts: what phones report of messages."""

import msgspec
from litestar import post
from litestar.di import NamedDependency
from msgspec import Struct

from geopush.api.auth import Asking, who
from geopush.api.body import read_json, takes
from geopush.api.credentials import bearer, forbidden, read_receipt_token
from geopush.api.items import Rejected, read_items
from geopush.api.parts import Parts
from geopush.api.problems import ProblemException, refusals
from geopush.api.quotas import Sending
from geopush.core.receipt import Receipt, age_problem
from geopush.core.token import RECEIPT_PREFIX, DeviceToken, ReceiptToken

MOST_RECEIPTS = 200  # looking for one that is not where it should be costs something


class Batch(Struct):
    """Receipts, each looked at on its own: a bad one does not refuse the others."""

    receipts: list[msgspec.Raw]


class ReceiptsGiven(Struct):
    """What phones report of messages."""

    receipts: list[Receipt]


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
    now = parts.clock()
    items = read_items(
        batch.receipts, Receipt, "$.receipts", lambda one: age_problem(one, now)
    )
    counted = await parts.receipts.take(reporter, [*items.fitting.values()])
    return ReceiptsTaken(
        accepted=counted.accepted,
        repeated=counted.repeated,
        unknown=counted.unknown,
        rejected=items.rejected,
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


ROUTES = (give_receipts,)
