"""What a company's own systems say of customers: attributes, whole or in part."""

from datetime import datetime
from typing import Annotated

from litestar import Response, get, patch, put
from litestar.di import NamedDependency
from msgspec import UNSET, Meta, Struct, UnsetType

from geopush.api.auth import Asking, allowed
from geopush.api.body import decode, read_body, read_json, takes
from geopush.api.parts import Parts
from geopush.api.people import (
    CustomerPath,
    answer_customer,
    answered_with,
    saved_or_refused,
)
from geopush.api.problems import ProblemException, not_found, refusals
from geopush.api.things import IfMatch, Thing, expected
from geopush.core.access import May
from geopush.core.arrival import MOST_ATTRIBUTES
from geopush.core.device import CustomerIdentifier
from geopush.core.known import Known
from geopush.core.ping import Moment
from geopush.flows.profile import Saved
from zones import Problem

PATH = "/v1/customers/{customer_id:str}"
PATCH_TYPES = ("application/json", "application/merge-patch+json")

Name = Annotated[str, Meta(min_length=1, max_length=128)]
WholeNumber = Annotated[int, Meta(ge=-(2**53), le=2**53)]  # as JSON's readers agree on
Text = Annotated[str, Meta(max_length=1_000)]
Value = bool | WholeNumber | float | Text | None
Attributes = Annotated[dict[Name, Value], Meta(max_length=MOST_ATTRIBUTES)]


class CustomerBody(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A customer; what is not for writing may stand here as it was read."""

    attributes: Attributes = {}
    test: bool = False
    customer_id: CustomerIdentifier | UnsetType = UNSET
    identified: bool | UnsetType = UNSET
    revision: int | UnsetType = UNSET
    stopped_at: Moment | UnsetType = UNSET


class CustomerPatch(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is to be different of a customer; null removes."""

    attributes: Attributes | UnsetType | None = UNSET
    test: bool | UnsetType | None = UNSET
    customer_id: CustomerIdentifier | UnsetType = UNSET
    identified: bool | UnsetType = UNSET
    revision: int | UnsetType = UNSET
    stopped_at: Moment | UnsetType = UNSET


class Customer(Struct, frozen=True):
    """A customer as they are known; `identified` is false for anonymous ones.

    `stopped_at` is there if they want nothing more, for ever.
    """

    customer_id: str
    attributes: dict[str, Value]
    test: bool
    identified: bool
    revision: int
    stopped_at: datetime | UnsetType = UNSET


@put(
    PATH,
    opt=takes(CustomerBody),
    responses={
        **answered_with(Customer, 200, 201),
        **refusals(400, 401, 403, 412, 413, 415, 422, 503),
    },
)
async def save_customer(
    request: Asking,
    parts: NamedDependency[Parts],
    customer_id: CustomerPath,
    if_match: IfMatch = None,
) -> Response[bytes]:
    """Set all attributes of a customer, who need not be known yet."""
    allowed(request, parts, May.CHANGE_CUSTOMERS)
    body = await read_json(request, CustomerBody, parts.knobs.body_bytes)
    await _refuse_other(parts, customer_id, body.customer_id)
    saved = await parts.profiles.describe(
        customer_id, body.attributes, body.test, expected(if_match)
    )
    return _answer_saved(saved_or_refused(saved))


@patch(
    PATH,
    opt=takes(CustomerPatch, PATCH_TYPES),
    responses={
        **answered_with(Customer, 200),
        **refusals(400, 401, 403, 404, 412, 413, 415, 422, 503),
    },
)
async def amend_customer(
    request: Asking,
    parts: NamedDependency[Parts],
    customer_id: CustomerPath,
    if_match: IfMatch = None,
) -> Response[bytes]:
    """Set some attributes of a customer as a JSON merge patch; null removes one."""
    allowed(request, parts, May.CHANGE_CUSTOMERS)
    body = await read_body(request, parts.knobs.body_bytes, PATCH_TYPES)
    wish = decode(body, CustomerPatch)
    await _refuse_other(parts, customer_id, wish.customer_id)
    saved = await parts.profiles.amend(
        customer_id,
        {} if wish.attributes is UNSET else wish.attributes,
        None if wish.test is UNSET else wish.test is True,
        expected(if_match),
    )
    return _answer_saved(saved_or_refused(saved))


@get(
    PATH,
    responses={**answered_with(Customer, 200), **refusals(400, 401, 403, 404, 503)},
)
async def show_customer(
    request: Asking, parts: NamedDependency[Parts], customer_id: CustomerPath
) -> Response[bytes]:
    """Return a customer, by their id or by one they had before."""
    allowed(request, parts, May.CHANGE_CUSTOMERS)
    known = await parts.profiles.find(customer_id)
    if known is None:
        raise not_found("customer")
    return _answer(known)


async def _refuse_other(parts: Parts, customer_id: str, said: str | UnsetType) -> None:
    """Refuse what was said of somebody else; an id they had before is theirs too."""
    if said is UNSET or said == customer_id:
        return
    known = await parts.profiles.find(customer_id)
    if known is not None and known.customer.customer_id == said:
        return
    text = f'is "{said}", but this is "{customer_id}"; remove it'
    problem = Problem("$.customer_id", "other_customer", text)
    detail = "This was said of another customer."
    raise ProblemException("invalid_customer", 422, detail, [problem])


def _answer_saved(saved: Saved) -> Response[bytes]:
    return _answer(saved.known, is_new=saved.is_new)


def _answer(known: Known, *, is_new: bool = False) -> Response[bytes]:
    profile = known.profile
    thing: Thing = {
        "customer_id": known.customer.customer_id,
        "attributes": profile.attributes,
        "test": profile.test,
        "identified": profile.identified,
    }
    if profile.stop is not None:
        thing["stopped_at"] = profile.stop.at
    return answer_customer(thing, profile.revision, is_new=is_new)


ROUTES = (save_customer, amend_customer, show_customer)
