"""The map of a played day, apart from the rest, which needs no library to draw."""

from bisect import bisect_right
from datetime import datetime
from pathlib import Path

from geopush.sandbox.picture import Push, Track, draw_map
from geopush.sandbox.story import Story
from geopush.sandbox.tracks import Fix
from geopush.sandbox.walkers import Walker


def draw_day(story: Story, path: Path) -> None:
    """Draw where everybody went, and where they were when something was sent."""
    title = f"A warm day in New York: {len(story.messages)} offers sent"
    draw_map(path, story.city, tracks(story), pushes(story), title)


def tracks(story: Story) -> list[Track]:
    """Where each phone was, and whether its owner agreed to hear."""
    return [Track(one.track, _agreed(one)) for one in story.walkers if one.track]


def pushes(story: Story) -> list[Push]:
    """Where people were when an offer was sent to them."""
    walkers = story.walkers_by_id()
    sent = []
    for one in story.messages:
        fix = _last_fix(walkers[one.customer_id], one.decided_at)
        if fix is not None:
            sent.append(Push(fix.longitude, fix.latitude, one.offer_id))
    return sent


def _agreed(walker: Walker) -> bool:
    return all(walker.consents.get(one) for one in ("location", "push_marketing"))


def _last_fix(walker: Walker, at: datetime) -> Fix | None:
    place = bisect_right(walker.track, at, key=lambda fix: fix.at)
    return walker.track[place - 1] if place else None
