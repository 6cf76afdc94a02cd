"""A customer as another system tells of them, on one line of many."""

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from geopush.core.consent import Given, answered
from geopush.core.customer import Preferences
from geopush.core.known import Attribute, Known
from geopush.core.merge import UNBORN, revised

MOST_ATTRIBUTES = 100


class Arrival(Struct, frozen=True):
    """What one line says of a customer; what it leaves out stays.

    ``attributes`` are set one by one and removed by none; without any all are removed.
    """

    line: int
    customer_id: str
    attributes: Mapping[str, Attribute] | None = {}
    test: bool | None = None
    given: Given = {}
    preferences: Preferences | None = None


def arrived(known: Known, told: Arrival) -> Known | None:
    """Return a customer after a line about them; None if that would be too much."""
    profile = known.profile
    attributes: dict[str, Attribute] = {}
    if told.attributes is not None:
        both = {**profile.attributes, **told.attributes}
        attributes = {name: one for name, one in both.items() if one is not None}
    if len(attributes) > MOST_ATTRIBUTES:
        return None
    after = replace(
        profile,
        attributes=attributes,
        test=profile.test if told.test is None else told.test,
        consents=answered(profile.consents, told.given),
        preferences=told.preferences or profile.preferences,
        identified=profile.identified or known.version == UNBORN,
    )
    return replace(known, profile=revised(profile, after))
