"""Things with an id and a revision: addresses, ETags, what came of a PUT."""

import re
from typing import Annotated, TypeAlias

import msgspec
from litestar import Response
from litestar.params import HeaderParameter, PathParameter

from geopush.api.problems import ProblemException, not_found
from geopush.flows.revision import Expected, Unsaved

Thing: TypeAlias = dict[str, object]

# No more than the id: without the last part a line break would pass at the end.
ID = r"^[A-Za-z0-9._:-]{1,128}(?![\s\S])"
ThingId: TypeAlias = Annotated[str, PathParameter(pattern=ID)]
IfMatch: TypeAlias = Annotated[
    str | None, HeaderParameter(name="If-Match", max_length=1024)
]

_TAG = re.compile(r'"(\d{1,18})"', re.ASCII)


def expected(if_match: str | None) -> Expected | None:
    """Return which revisions may be overwritten; None is all, and nothing too."""
    if if_match is None:
        return None
    tags = [tag.strip() for tag in if_match.split(",")]
    read = [_TAG.fullmatch(tag) for tag in tags]
    revisions = frozenset(int(match[1]) for match in read if match)
    return Expected(revisions, any="*" in tags)


def answer_thing(
    thing: Thing, revision: int, *, created: bool = False, media_type: str
) -> Response[bytes]:
    """Answer with a thing, its revision and its ETag."""
    return Response(
        msgspec.json.encode({**thing, "revision": revision}),
        status_code=201 if created else 200,
        media_type=media_type,
        headers={"ETag": f'"{revision}"'},
    )


def unsaved(why: Unsaved, what: str) -> ProblemException:
    """Return the problem of a thing that was not written."""
    if why is Unsaved.ABSENT:
        return not_found(what)
    detail = f"The {what} is not at the revision of If-Match; get it again."
    return ProblemException("precondition_failed", 412, detail)
