"""A small played day whose books balance, to plant one wrong fact in at a time."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from geopush.sandbox.city import City, District, Restaurant
from geopush.sandbox.city.hours import Observation
from geopush.sandbox.phones import Refused, Taken, Transition
from geopush.sandbox.story import (
    Arrived,
    Decision,
    Inbox,
    Message,
    Posted,
    Reported,
    Story,
)
from geopush.sandbox.tracks import Fix
from geopush.sandbox.walkers import (
    MaxMessages,
    Preferences,
    QuietHours,
    Walker,
    Window,
)

ICE, LUNCH = "ice-cream", "lunch"
NEW_YORK = ZoneInfo("America/New_York")
TEN = datetime(2023, 5, 31, 10, tzinfo=NEW_YORK)
AGREED = {"location": True, "push_marketing": True, "push_service": True}

OFFERS: dict[str, dict[str, object]] = {
    ICE: {
        "offer_id": ICE,
        "name": "Ice cream in the sun",
        "category": "promo",
        "trigger": {"any": [{"on": ["enter"], "zones": {"tags": ["ice_cream"]}}]},
        "conditions": {
            "all": [
                {"weather.temperature_c": {"gte": 22, "off_below": 21}},
                {"zone.open": {"eq": True}},
            ]
        },
        "caps": [
            {"scope": "offer", "limit": 1, "window": {"calendar": "day"}},
            {"scope": "category", "limit": 2, "window": {"rolling": "PT3H"}},
        ],
    },
    LUNCH: {
        "offer_id": LUNCH,
        "name": "Lunch",
        "category": "promo",
        "trigger": {"any": [{"on": ["dwell"], "zones": {"tags": ["restaurant"]}}]},
    },
}


def clock(text: str) -> datetime:
    """A time of the day in New York."""
    hour, minute = map(int, text.split(":"))
    return TEN.replace(hour=hour, minute=minute)


def a_walker(name: str = "ada", **changes: object) -> Walker:
    """Somebody who agreed to everything and likes ice cream."""
    walker = Walker(
        device_id=f"phone-of-{name}",
        device_secret="secret",
        customer_id=name,
        platform="ios",
        address=f"address-of-{name}",
        language="en",
        timezone="America/New_York",
        consents=AGREED,
        preferences=Preferences(topics={"ice_cream": True}, muted_zones=()),
        track=(Fix(clock("12:39"), -73.9801, 40.75, 8.0),),
        holds=timedelta(),
    )
    return replace(walker, **changes)


def prefers(
    quiet: tuple[str, str] | None = None, most: MaxMessages | None = None
) -> Preferences:
    """Preferences of somebody who likes ice cream."""
    hours = None if quiet is None else QuietHours(*quiet)
    return Preferences({"ice_cream": True}, (), most, hours)


ONE_A_DAY = MaxMessages(1, Window("PT24H"))


def a_city() -> City:
    """Two restaurants in one district."""
    tags = ("restaurant", "ice_cream")
    return City(
        restaurants=(
            Restaurant("r-1", "1 Main St", "Manhattan", -73.98, 40.75, 150, tags),
            Restaurant("r-2", "2 Main St", "Manhattan", -73.99, 40.76, 150, tags),
        ),
        districts=(District("d-1", "Midtown", "Manhattan", []),),
        observations=(),
        offers={
            offer_id: msgspec.Raw(msgspec.json.encode(offer))
            for offer_id, offer in OFFERS.items()
        },
        zones_document=b"",
        districts_document=b"",
    )


def reported(at: str, celsius: float) -> Reported:
    """The weather as it was told at a time."""
    seen = Observation(
        longitude=-73.97,
        latitude=40.78,
        observed_at=clock(at),
        temperature_c=celsius,
        precipitation_mm_h=0.0,
        cloud_cover_pct=5,
        wind_ms=1.0,
        is_day=True,
        wmo_code=0,
        sky="clear",
    )
    return Reported(clock(at), seen)


def posted(
    at: str, *happened: tuple[str, str], name: str = "ada", sent: int = 1
) -> Posted:
    """Pings that were all taken, and the transitions their phone was told of."""
    transitions = [Transition(kind, zone_id, clock(at)) for kind, zone_id in happened]
    return Posted(name, clock(at), sent, Taken(sent, 0, 0, [], transitions, []))


def refused(name: str = "bob", status: int = 403) -> Posted:
    """Pings of somebody who keeps their place to themselves."""
    code = "location_not_permitted" if status == 403 else "unavailable"
    return Posted(name, clock("12:40"), 1, Refused(status, code))


def decision(
    at: str,
    reason: str = "decided",
    *,
    zone_id: str = "r-1",
    offer_id: str = ICE,
    name: str = "ada",
) -> Decision:
    """A decision; the id tells what it was about."""
    return Decision(
        decision_id=f"{offer_id}/{name}/{at}",
        customer_id=name,
        offer_id=offer_id,
        at=clock(at),
        verdict="decided" if reason == "decided" else "withheld",
        reason=reason,
        zone_id=zone_id,
    )


def message(
    at: str,
    state: str = "accepted",
    *,
    zone_id: str = "r-1",
    offer_id: str = ICE,
    name: str = "ada",
) -> Message:
    """A message; it goes by the id of its decision."""
    message_id = f"{offer_id}/{name}/{at}"
    return Message(message_id, name, offer_id, clock(at), state, zone_id)


def arrived(at: str, *, offer_id: str = ICE, name: str = "ada") -> Arrived:
    """The push of a message, on a phone."""
    return Arrived(f"{offer_id}/{name}/{at}", clock(at), "Ice cream weather", "20% off")


def inbox(*received: Arrived, name: str = "ada") -> Inbox:
    """What arrived on somebody's phone."""
    return Inbox(f"address-of-{name}", received)


def a_story() -> Story:
    """Ada passes two restaurants and gets one offer; Bob tells nobody where he is."""
    return Story(
        city=a_city(),
        walkers=(
            a_walker(),
            a_walker("bob", consents={"push_marketing": True, "push_service": True}),
        ),
        weather=(reported("10:00", 18.0), reported("12:00", 23.6)),
        uploads=(
            posted("12:40", ("enter", "r-1"), ("enter", "d-1")),
            refused(),
            posted("12:55", ("exit", "r-1")),
            posted("15:10", ("enter", "r-2"), sent=3),
        ),
        decisions=(
            decision("12:40"),
            decision("15:10", "capped", zone_id="r-2"),
        ),
        messages=(message("12:40"),),
        phones=(inbox(arrived("12:40")),),
    )


def with_second(at: str, **also: str) -> Story:
    """The day with a second message to Ada that is booked everywhere."""
    story = a_story()
    zone_id = also.get("zone_id", "r-2")
    offer_id = also.get("offer_id", ICE)
    kind = "enter" if offer_id == ICE else "dwell"
    decided = decision(at, zone_id=zone_id, offer_id=offer_id)
    return replace(
        story,
        uploads=(*story.uploads, posted(at, (kind, zone_id))),
        decisions=(*story.decisions, decided),
        messages=(*story.messages, message(at, zone_id=zone_id, offer_id=offer_id)),
        phones=(inbox(arrived("12:40"), arrived(at, offer_id=offer_id)),),
    )


def with_offer(story: Story, offer_id: str, **changes: object) -> Story:
    """The story with other terms of an offer."""
    offer = msgspec.Raw(msgspec.json.encode(OFFERS[offer_id] | changes))
    return replace(
        story, city=replace(story.city, offers={**story.city.offers, offer_id: offer})
    )
