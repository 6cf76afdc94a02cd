"""A played day as people read it, and the same as a document for programs."""

from collections import Counter
from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from geopush.sandbox.afternoon import WHY, afternoon
from geopush.sandbox.phones import Refused, Taken
from geopush.sandbox.story import Story

VISIT = "enter"
SENT = "decided"


def table(story: Story) -> RenderableType:
    """The day in three tables, and one customer's part of it."""
    lines = afternoon(story)
    told = [Text("One customer's day", style="bold"), *map(Text, lines), Text()]
    return Group(
        _day(story),
        _offers(story),
        _reasons(story),
        *(told if lines else ()),
    )


def story_json(story: Story, imbalances: Sequence[str]) -> dict[str, object]:
    """The numbers of the day, and the sentences if the books do not balance."""
    return {
        "walkers": len(story.walkers),
        "observations": len(story.weather),
        "zones": len(story.city.restaurants) + len(story.city.districts),
        "pings": _pings(story),
        "visits": _visits(story),
        "decisions": dict(Counter(one.verdict for one in story.decisions)),
        "withheld": dict(_withheld(story).most_common()),
        "messages": dict(Counter(one.state for one in story.messages)),
        "arrived": len(_arrived(story)),
        "offers": _by_offer(story),
        "afternoon": afternoon(story),
        "balanced": not imbalances,
        "imbalances": list(imbalances),
    }


def _day(story: Story) -> Table:
    shown = _grid("The day", "what", "how many")
    pings = _pings(story)
    accepted = sum(one.state == "accepted" for one in story.messages)
    rows = (
        ("people walking", len(story.walkers)),
        ("pings posted", pings["sent"]),
        ("  taken", pings["accepted"]),
        ("  late, repeated or rejected", _sum(pings, "late", "repeated", "rejected")),
        ("  refused, for want of consent to location", pings["refused"]),
        ("visits to restaurants and districts", _visits(story)),
        ("offers considered", len(story.decisions)),
        ("  withheld, for one reason each", sum(_withheld(story).values())),
        ("  sent", len(story.messages)),
        ("accepted by Apple's and Google's stand-ins", accepted),
        ("arrived on phones", len(_arrived(story))),
    )
    for words, number in rows:
        shown.add_row(words, f"{number:,}")
    return shown


def _offers(story: Story) -> Table:
    shown = _grid("Offers", "offer", "considered", "withheld", "sent", "arrived")
    for offer_id, row in _by_offer(story).items():
        shown.add_row(offer_id, *(f"{number:,}" for number in row.values()))
    return shown


def _reasons(story: Story) -> Table:
    shown = _grid("Withheld, by reason", "reason", "how many")
    shown.add_column("in words")
    for reason, number in _withheld(story).most_common():
        shown.add_row(reason, f"{number:,}", WHY.get(reason, ""))
    return shown


def _grid(title: str, first: str, *numbers: str) -> Table:
    shown = Table(title=title, title_justify="left", title_style="bold")
    shown.add_column(first)
    for name in numbers:
        shown.add_column(name, justify="right")
    return shown


def _pings(story: Story) -> dict[str, int]:
    """The pings by what became of them; those of a refused upload all together."""
    taken = [one.answer for one in story.uploads if isinstance(one.answer, Taken)]
    refused = [one for one in story.uploads if isinstance(one.answer, Refused)]
    return {
        "sent": sum(one.sent for one in story.uploads),
        "accepted": sum(one.accepted for one in taken),
        "late": sum(one.late for one in taken),
        "repeated": sum(one.repeated for one in taken),
        "rejected": sum(len(one.rejected) for one in taken),
        "refused": sum(one.sent for one in refused),
    }


def _visits(story: Story) -> int:
    return sum(
        transition.kind == VISIT
        for one in story.uploads
        if isinstance(one.answer, Taken)
        for transition in one.answer.transitions
    )


def _withheld(story: Story) -> Counter[str]:
    return Counter(one.reason for one in story.decisions if one.verdict == "withheld")


def _arrived(story: Story) -> list[str | None]:
    return [push.message_id for phone in story.phones for push in phone.received]


def _by_offer(story: Story) -> dict[str, dict[str, int]]:
    offer_of: dict[str | None, str] = {
        one.message_id: one.offer_id for one in story.messages
    }
    counts: dict[str, Counter[str | None]] = {
        "considered": Counter(one.offer_id for one in story.decisions),
        "withheld": Counter(
            one.offer_id for one in story.decisions if one.verdict == "withheld"
        ),
        "sent": Counter(one.offer_id for one in story.messages),
        "arrived": Counter(offer_of.get(one) for one in _arrived(story)),
    }
    return {
        offer_id: {name: count[offer_id] for name, count in counts.items()}
        for offer_id in story.city.offers
    }


def _sum(counts: dict[str, int], *names: str) -> int:
    return sum(counts[name] for name in names)
