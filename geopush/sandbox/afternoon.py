"""One walker's day in a few lines: an offer that came once, and not twice."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec import Struct

from geopush.sandbox.story import Decision, Story
from geopush.sandbox.terms import read_terms
from geopush.sandbox.walkers import Walker

NAMES = (
    "Ada", "Ben", "Carmen", "Dora", "Emil", "Fatima", "Grace", "Hugo", "Ines", "Jonas",
    "Kim", "Lena", "Mara", "Nuri", "Olga", "Paul", "Quinn", "Rosa", "Sami", "Tara",
    "Uma", "Vera", "Wim", "Xenia", "Yara", "Zoe",
)  # fmt: skip
MOST_LINES = 8
SENT = "decided"
HAD_ENOUGH = ("capped", "customer_limit")
WHY = {
    "capped": "had it already",
    "customer_limit": "wants no more messages today",
    "quiet_hours": "wants quiet at this hour",
    "topic_not_chosen": "did not choose its topic",
    "conditions_differ": "not the weather or the hour for it",
    "not_running": "does not run at this hour",
    "event_too_old": "the phone told too late",
    "outranked": "something better is sent",
    "no_consent": "did not agree to pushes",
    "weather_unknown": "no weather is known near there",
    "weather_stale": "the weather known there is too old",
}


class _Moment(Struct, frozen=True):
    """All that was decided for somebody at one place and time."""

    at: datetime
    zone_id: str | None
    decisions: tuple[Decision, ...]

    def about(self, offer_id: str) -> Decision | None:
        """What came of one offer."""
        return next((one for one in self.decisions if one.offer_id == offer_id), None)

    def sent(self) -> Decision | None:
        """What was sent, if anything was."""
        return next((one for one in self.decisions if one.verdict == SENT), None)


class _Hero(Struct, frozen=True):
    """Who the lines are about, and which offer came once and not twice."""

    walker: Walker
    offer_id: str
    moments: tuple[_Moment, ...]

    def variety(self) -> int:
        """How many things happen in the lines, all different."""
        ends = (one.sent() or one.about(self.offer_id) for one in self.moments)
        return len({(one.offer_id, one.reason) for one in ends if one is not None})


def afternoon(story: Story) -> list[str]:
    """Tell of one customer who was sent an offer, and later was not sent it again."""
    hero = _hero(story)
    if hero is None:
        return []
    name = NAMES[sum(hero.walker.customer_id.encode()) % len(NAMES)]
    lines = [_introduction(name, hero.walker)]
    been: set[str | None] = set()
    for one in hero.moments:
        where = _place(one, story, again=one.zone_id in been)
        told = _outcome(one, hero.offer_id, story)
        lines.append(f"{_hour(one, hero)} {name} at {where}: {told}")
        been.add(one.zone_id)
    return lines


def _hero(story: Story) -> _Hero | None:
    """The customer with most to tell, on the first of the offers that has one."""
    moments = _moments(story)
    for offer_id in story.city.offers:
        heroes = [
            hero
            for walker in story.walkers
            if (hero := _as_hero(walker, offer_id, moments[walker.customer_id]))
        ]
        if heroes:
            return max(heroes, key=lambda one: (one.variety(), len(one.moments)))
    return None


def _moments(story: Story) -> defaultdict[str, list[_Moment]]:
    """What was decided, by customer, in order of time."""
    together: defaultdict[tuple[str, datetime, str | None], list[Decision]]
    together = defaultdict(list)
    for one in story.decisions:
        together[one.customer_id, one.at, one.zone_id].append(one)
    moments: defaultdict[str, list[_Moment]] = defaultdict(list)
    for key in sorted(together, key=lambda key: (key[1], str(key[2]))):
        customer_id, at, zone_id = key
        moments[customer_id].append(_Moment(at, zone_id, tuple(together[key])))
    return moments


def _as_hero(walker: Walker, offer_id: str, moments: Sequence[_Moment]) -> _Hero | None:
    """The walker as a hero, if the offer came and later was withheld for that."""
    ended = [(one, one.about(offer_id)) for one in moments]
    came = [moment for moment, one in ended if one and one.verdict == SENT]
    again = [
        moment
        for moment, one in ended
        if one and came and one.reason in HAD_ENOUGH and moment.at > came[0].at
    ]
    if not again:
        return None
    needed = (came[0], again[0])
    others = [one for one in moments if one.sent() or one.about(offer_id)]
    room = MOST_LINES - 1 - len(needed)
    chosen = [*needed, *[one for one in others if one not in needed][:room]]
    return _Hero(walker, offer_id, tuple(one for one in moments if one in chosen))


def _introduction(name: str, walker: Walker) -> str:
    chosen = ", ".join(topic for topic, on in walker.preferences.topics.items() if on)
    phone = "iPhone" if walker.platform == "ios" else "Android phone"
    return f"{name} ({walker.customer_id}, {phone}) likes {chosen}."


def _hour(moment: _Moment, hero: _Hero) -> str:
    return f"{moment.at.astimezone(ZoneInfo(hero.walker.timezone)):%H:%M}"


def _place(moment: _Moment, story: Story, *, again: bool) -> str:
    name = story.zone_names().get(moment.zone_id or "", moment.zone_id)
    where = f"{name} again" if again else f"{name}"
    seen = story.weather_at(moment.at)
    return f"{where}, {seen.temperature_c:.0f} °C" if seen else where


def _outcome(moment: _Moment, offer_id: str, story: Story) -> str:
    sent = moment.sent()
    if sent is not None:
        return f"gets “{_words(sent, story)}”"
    one = moment.about(offer_id) or moment.decisions[0]
    why = WHY.get(one.reason, one.reason.replace("_", " "))
    name = read_terms(story.city.offers)[one.offer_id].name
    return f"no “{name}”: {one.reason}, {why}"


def _words(sent: Decision, story: Story) -> str:
    """What the phone showed, or the offer's name if it showed nothing."""
    of = (sent.customer_id, sent.offer_id, sent.at)
    message_ids = {
        one.message_id
        for one in story.messages
        if (one.customer_id, one.offer_id, one.decided_at) == of
    }
    shown = (
        f"{push.title}: {push.body}"
        for phone in story.phones
        for push in phone.received
        if push.message_id in message_ids
    )
    return next(shown, read_terms(story.city.offers)[sent.offer_id].name)
