"""What the routes about people share: addresses, filters, and how they answer."""

from typing import Annotated, TypeAlias

from litestar import Response
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import PathParameter, QueryParameter

from geopush.api.problems import ProblemException
from geopush.api.things import ID, Thing, answer_thing, unsaved
from geopush.flows.profile import Answer, Saved, TooManyAttributes

# No more than the id: without the last part a line break would pass at the end.
CUSTOMER_ID = r"^[A-Za-z0-9._:~-]{1,128}(?![\s\S])"
CustomerPath: TypeAlias = Annotated[str, PathParameter(pattern=CUSTOMER_ID)]
AboutCustomer: TypeAlias = Annotated[str | None, QueryParameter(pattern=CUSTOMER_ID)]
AboutThing: TypeAlias = Annotated[str | None, QueryParameter(pattern=ID)]


def answered_with(kind: type, *statuses: int) -> dict[int, ResponseSpec]:
    """Document what a route answers when it has done as it was told."""
    texts = {200: "As it is now", 201: "New"}
    return {
        status: ResponseSpec(kind, generate_examples=False, description=texts[status])
        for status in statuses
    }


def saved_or_refused(answer: Answer) -> Saved:
    """Return what was saved, or refuse with what speaks against it."""
    if isinstance(answer, Saved):
        return answer
    if isinstance(answer, TooManyAttributes):
        detail = f"A customer may have {answer.most} attributes."
        raise ProblemException("invalid_customer", 422, detail)
    raise unsaved(answer, "customer")


def answer_customer(
    thing: Thing, revision: int, *, is_new: bool = False
) -> Response[bytes]:
    """Answer with something of a customer, under their revision."""
    media_type = "application/json"
    return answer_thing(thing, revision, created=is_new, media_type=media_type)
