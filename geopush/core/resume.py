"""Decide again about what customers' quiet hours put off."""

from datetime import datetime

from geopush.core.change import Change
from geopush.core.fold import Fold
from geopush.core.known import KnownOf
from geopush.core.occasion import World


def resume(known: KnownOf, world: World, now: datetime) -> list[Change]:
    """Say what becomes of all that is due by now, customer by customer."""
    changes = []
    for key in sorted(known):
        fold = Fold(known[key], now)
        fold.resume(world)
        changes.append(fold.change(world.tallies_kept))
    return [one for one in changes if one is not None]
