"""Of several offers that fit one customer at one time, which one.

First the priority that its author gave it, then how many of its topics the customer
chose, then how near the zone is, then the ids, so that there is always one answer.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from geopush.core.candidate import Candidate
from geopush.core.cap import Tally
from geopush.core.customer import Preferences
from geopush.core.decision import Verdict
from geopush.core.offer import Category, Status

Rank = tuple[int, int, float, str, str]


def winner(found: Sequence[Candidate], preferences: Preferences) -> Candidate | None:
    """The candidate that goes first; none if none passed every gate."""
    fitting = [one for one in found if _competes(one)]
    return min(fitting, key=lambda one: rank(one, preferences), default=None)


def rank(one: Candidate, preferences: Preferences) -> Rank:
    """What orders candidates; the least goes first."""
    liked = sum(
        preferences.topics.get(topic, False) for topic in one.offer.audience.topics
    )
    offer, zone_id = one.offer, one.occasion.zone_id
    return -offer.priority, -liked, one.kilometers, offer.offer_id, zone_id


def taken_by(tallies: Sequence[Tally], window: timedelta, now: datetime) -> str | None:
    """The offer that was decided within the window, so that it is that one's."""
    ours = (one for one in tallies if not one.is_contact)
    recent = [one for one in ours if one.at > now - window]
    last = max(recent, key=lambda one: (one.at, one.message_id), default=None)
    return None if last is None else last.offer_id


def waits_its_turn(one: Candidate) -> bool:
    """Whether a candidate is none that goes out whatever else does: service."""
    return one.offer.category is not Category.SERVICE


def _competes(one: Candidate) -> bool:
    live = one.offer.status is Status.LIVE
    return live and one.decision.verdict is Verdict.DECIDED
