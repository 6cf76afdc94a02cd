"""A message as it would read, before it is sent to anybody."""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from geopush.core.compose import compose
from geopush.core.condition import Value
from geopush.core.context import context_values, customer_values
from geopush.core.decision import Gate, Reason, Verdict
from geopush.core.known import Profile
from geopush.core.message import Content
from geopush.core.occasion import World
from geopush.core.offer import Offer
from geopush.core.sentence import Tongue, in_words
from zones import Zone


class Preview(Struct, frozen=True):
    """The words of an offer, or why there are none: the reason, in words, the field."""

    offer_id: str
    language: str
    message: Content | None
    reason: Reason | None = None
    sentence: str | None = None
    field: str | None = None


def preview(
    offer: Offer, values: Mapping[str, Value], language: str, tongue: Tongue
) -> Preview:
    """Fill the words of an offer in, as for a message."""
    said = compose(offer, values, language)
    if isinstance(said, Content):
        return Preview(offer.offer_id, language, said)
    reason = Reason(said.reason)
    sentence = in_words(
        Verdict.WITHHELD, reason, [Gate("words", said.field, None, reason)], tongue
    )
    return Preview(offer.offer_id, language, None, reason, sentence, said.field)


def values_there(
    offer: Offer, zone: Zone | None, profile: Profile | None, world: World, at: datetime
) -> dict[str, Value]:
    """What words may ask for at a zone, and of a customer, where these are given."""
    values: dict[str, Value] = {"offer.id": offer.offer_id, "offer.name": offer.name}
    if zone is not None:
        place = zone.area.representative_point
        weather = world.weather.near(place, at, offer.max_weather_age)
        timezone = zone.timezone or world.timezone
        values |= context_values(offer, zone, timezone, weather, at)
    if profile is not None:
        values |= customer_values(profile, at)
    return values
