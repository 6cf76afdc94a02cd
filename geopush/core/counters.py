"""What conditions may ask of the messages a customer was decided: how many, lately."""

from collections.abc import Sequence
from datetime import datetime

from geopush.core.cap import Cap, Tally, Window, count
from geopush.core.condition import Value
from geopush.core.field import COUNTERS
from geopush.core.offer import Offer


def counter_values(
    offer: Offer, zone_id: str, tallies: Sequence[Tally], now: datetime
) -> dict[str, Value]:
    """Return every counter by field name, as caps of the same scope would count."""
    about = Tally.about(offer.offer_id, offer.category, zone_id)
    return {
        field: count(
            Cap(scope, 1, Window(rolling=span)),
            tallies,
            about,
            now,
            customer_tz="UTC",  # a rolling window is the same everywhere
            zone_tz="UTC",
        )
        for field, (scope, span) in COUNTERS.items()
    }
