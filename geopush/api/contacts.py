"""The route of contacts: what other tools sent, so that it counts for caps."""

import msgspec
from litestar import post
from litestar.di import NamedDependency
from msgspec import Struct

from geopush.api.auth import Asking, allowed
from geopush.api.body import read_json, takes
from geopush.api.items import Rejected, read_items
from geopush.api.parts import Parts
from geopush.api.problems import ProblemException, refusals
from geopush.core.access import May
from geopush.core.contact import Contact, age_problem

MOST_CONTACTS = 1_000  # their customers' rows are locked together


class Batch(Struct, forbid_unknown_fields=True):
    """Contacts, each looked at on its own: a bad one does not refuse the others."""

    contacts: list[msgspec.Raw]


class ContactsReported(Struct, forbid_unknown_fields=True):
    """Messages that another tool sent."""

    contacts: list[Contact]


class ContactsTaken(Struct):
    """What became of the contacts; the four add up to what was sent.

    `unknown` are to customers of whom nothing is known here.
    """

    accepted: int
    repeated: int
    unknown: int
    rejected: list[Rejected]


@post(
    "/v1/contacts",
    status_code=202,
    opt=takes(ContactsReported),
    responses=refusals(400, 401, 403, 413, 415, 503),
)
async def report_contacts(
    request: Asking, parts: NamedDependency[Parts]
) -> ContactsTaken:
    """Count what another tool sent, from when it sent it.

    It counts for caps over all messages or over its `category`, and for what a customer
    wants at most. For a while after it nothing but service messages is sent.
    """
    allowed(request, parts, May.REPORT_CONTACTS)
    batch = await read_json(request, Batch, parts.knobs.body_bytes)
    if len(batch.contacts) > MOST_CONTACTS:
        detail = f"At most {MOST_CONTACTS} contacts in a request."
        raise ProblemException("too_large", 413, detail)
    now = parts.clock()
    items = read_items(
        batch.contacts, Contact, "$.contacts", lambda one: age_problem(one, now)
    )
    counted = await parts.contacts.take([*items.fitting.values()])
    return ContactsTaken(
        accepted=counted.accepted,
        repeated=counted.repeated,
        unknown=counted.unknown,
        rejected=items.rejected,
    )


ROUTES = (report_contacts,)
