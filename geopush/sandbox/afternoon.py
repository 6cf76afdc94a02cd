"""One walker's day in a few lines: an offer that came once, and not twice."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec import Struct

from geopush.sandbox.story import Decision, Story
from geopush.sandbox.terms import asks_for_weather, read_terms
from geopush.sandbox.walkers import Walker

NAMES = (
    "Ada", "Ben", "Carmen", "Dora", "Emil", "Fatima", "Grace", "Hugo", "Ines", "Jonas",
    "Kim", "Lena", "Mara", "Nuri", "Olga", "Paul", "Quinn", "Rosa", "Sami", "Tara",
    "Uma", "Vera", "Wim", "Xenia", "Yara", "Zoe",
)  # fmt: skip
MOST_LINES = 8
HAD_ENOUGH = ("capped", "customer_limit")
WHY = {
    "capped": "had it already",
    "customer_limit": "wants no more messages today",
    "quiet_hours": "wants quiet at this hour",
    "topic_not_chosen": "did not choose its topic",
    "conditions_differ": "not its weather, or the place is closed",
    "not_running": "does not run at this hour",
    "event_too_old": "the phone told too late",
    "outranked": "something better was sent",
    "no_consent": "did not agree to pushes",
}


class _Moment(Struct, frozen=True):
    """All that was decided for somebody at one place and time."""

    at: datetime
    zone_id: str | None
    decisions: tuple[Decision, ...]

    def about(self, offer_id: str) -> Decision | None:
        """What came of one offer."""
        return next((one for one in self.decisions if one.offer_id == offer_id), None)


class _Hero(Struct, frozen=True):
    """Who the lines are about, and which offer came once and not twice."""

    walker: Walker
    offer_id: str
    moments: tuple[_Moment, ...]


def afternoon(story: Story) -> list[str]:
    """Tell of one customer who was sent an offer, and later was not sent it again."""
    hero = _hero(story)
    if hero is None:
        return []
    name = NAMES[sum(hero.walker.customer_id.encode()) % len(NAMES)]
    lines = [_introduction(name, hero.walker)]
    been: set[str | None] = set()
    for one in hero.moments:
        lines.append(_line(one, hero, one.zone_id in been, story))
        been.add(one.zone_id)
    return lines


def _hero(story: Story) -> _Hero | None:
    """The customer whose day fills the lines best, on an offer that asks for sun."""
    terms = read_terms(story.city.offers)
    moments = _moments(story)
    heroes = [
        hero
        for walker in story.walkers
        for hero in _heroes(walker, moments[walker.customer_id], tuple(terms))
    ]
    return min(
        heroes,
        key=lambda one: (
            not asks_for_weather(terms[one.offer_id].conditions),
            -len(one.moments),
        ),
        default=None,
    )


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


def _heroes(
    walker: Walker, moments: Sequence[_Moment], offers: Sequence[str]
) -> list[_Hero]:
    """A walker, once for each offer that came and later was withheld for that."""
    found = []
    for offer_id in offers:
        ended = [(one, one.about(offer_id)) for one in moments]
        sent = [m for m, one in ended if one is not None and one.verdict == "decided"]
        had = [m for m, one in ended if one is not None and one.reason in HAD_ENOUGH]
        later = [one for one in had if sent and one.at > sent[0].at]
        if later:
            shown = _shown(moments, (sent[0], later[0]))
            found.append(_Hero(walker, offer_id, shown))
    return found


def _shown(
    moments: Sequence[_Moment], needed: tuple[_Moment, ...]
) -> tuple[_Moment, ...]:
    """As many moments as there are lines for: those needed, then those that sent."""
    others = sorted(
        (one for one in moments if one not in needed),
        key=lambda one: not any(two.verdict == "decided" for two in one.decisions),
    )
    chosen = [*needed, *others[: MOST_LINES - 1 - len(needed)]]
    return tuple(one for one in moments if one in chosen)


def _introduction(name: str, walker: Walker) -> str:
    chosen = ", ".join(topic for topic, on in walker.preferences.topics.items() if on)
    phone = "iPhone" if walker.platform == "ios" else "Android phone"
    return f"{name} ({walker.customer_id}, {phone}) likes {chosen}."


def _line(moment: _Moment, hero: _Hero, again: bool, story: Story) -> str:
    """What happened at one moment, in words."""
    shown = moment.at.astimezone(ZoneInfo(hero.walker.timezone))
    where = story.zone_names().get(moment.zone_id or "", moment.zone_id)
    at = f"{shown:%H:%M} at {where}{' again' if again else ''}"
    seen = story.weather_at(moment.at)
    weather = f", {seen.temperature_c:.0f} °C" if seen else ""
    return f"{at}{weather}: {_outcome(moment, hero.offer_id, story)}"


def _outcome(moment: _Moment, offer_id: str, story: Story) -> str:
    terms = read_terms(story.city.offers)
    sent = [one for one in moment.decisions if one.verdict == "decided"]
    if sent:
        return f"gets “{terms[sent[0].offer_id].name}”"
    one = moment.about(offer_id) or moment.decisions[0]
    why = WHY.get(one.reason, one.reason.replace("_", " "))
    return f"“{terms[one.offer_id].name}” is withheld, {one.reason} ({why})"
