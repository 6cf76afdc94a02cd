"""Items of a batch, each looked at on its own: a bad one does not refuse the others."""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import msgspec
from msgspec import Raw, Struct

from geopush.api.problems import placed
from geopush.core.item import RefusedItem

T = TypeVar("T")


class Rejected(Struct, omit_defaults=True):
    """An item that is not taken: where in the batch, and why."""

    index: int
    reason: RefusedItem
    path: str | None = None


class Items(Struct, Generic[T], frozen=True):
    """The items that fit, by their place in the batch, and those that do not."""

    fitting: dict[int, T]
    rejected: list[Rejected]


def _any_time(_: object) -> None:
    return None


def read_items(
    raws: Sequence[Raw],
    kind: type[T],
    path: str,
    age_problem: Callable[[T], RefusedItem | None] = _any_time,
) -> Items[T]:
    """Read the items of the batch at a path; ``age_problem`` judges their `at`."""
    items = Items[T]({}, [])
    for index, raw in enumerate(raws):
        place = f"{path}[{index}]"
        try:
            item = msgspec.json.decode(raw, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            place += placed(str(error)).path.removeprefix("$")
            items.rejected.append(Rejected(index, RefusedItem.INVALID, place))
            continue
        problem = age_problem(item)
        if problem is None:
            items.fitting[index] = item
        else:
            items.rejected.append(Rejected(index, problem, f"{place}.at"))
    return items
