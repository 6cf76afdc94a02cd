"""The route of contacts: what other tools sent, so that it counts for caps."""

import msgspec
from litestar import post
from litestar.di import NamedDependency
from msgspec import Struct

from geopush.api.auth import Asking, allowed
from geopush.api.body import read_json, takes
from geopush.api.parts import Parts
from geopush.api.problems import ProblemException, placed, refusals
from geopush.core.access import May
from geopush.core.contact import Contact, RefusedContact, age_problem

MOST_CONTACTS = 1_000  # their customers' rows are locked together


class Batch(Struct, forbid_unknown_fields=True):
    """Contacts, each looked at on its own: a bad one does not refuse the others."""

    contacts: list[msgspec.Raw]


class ContactsReported(Struct, forbid_unknown_fields=True):
    """Messages that another tool sent."""

    contacts: list[Contact]


class Rejected(Struct, omit_defaults=True):
    """A contact that is not taken: where in the batch, and why."""

    index: int
    reason: RefusedContact
    path: str | None = None


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
    read = [_read(index, raw, parts) for index, raw in enumerate(batch.contacts)]
    fitting = [one for one in read if isinstance(one, Contact)]
    counted = await parts.contacts.take(fitting)
    return ContactsTaken(
        accepted=counted.accepted,
        repeated=counted.repeated,
        unknown=counted.unknown,
        rejected=[one for one in read if isinstance(one, Rejected)],
    )


def _read(index: int, raw: msgspec.Raw, parts: Parts) -> Contact | Rejected:
    at = f"$.contacts[{index}]"
    try:
        contact = msgspec.json.decode(raw, type=Contact)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        place = placed(str(error)).path.removeprefix("$")
        return Rejected(index, RefusedContact.INVALID, f"{at}{place}")
    problem = age_problem(contact, parts.clock())
    return contact if problem is None else Rejected(index, problem, f"{at}.at")


ROUTES = (report_contacts,)
