"""The deployment's own policy: caps and quiet hours, for all messages or for a kind.

It holds beside what offers and customers say: the strictest of the three wins. Which
consent a kind needs is no matter of policy.
"""

from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from geopush.core.cap import Cap, Window, check_window
from geopush.core.offer import Category
from geopush.core.problems import note_unknown
from geopush.core.schedule import QuietHours, check_hours
from geopush.core.shape import read
from zones import Problem

ALL = "all"


class Rules(Struct, frozen=True, forbid_unknown_fields=True):
    """What the deployment asks of a kind of messages."""

    caps: Annotated[tuple[Cap, ...], Meta(max_length=16)] = ()
    quiet_hours: QuietHours | None = None


Policy = Mapping[str, Rules]  # by category, and for all
NO_POLICY: Policy = {}


def rules_for(policy: Policy, category: Category) -> tuple[Rules, ...]:
    """Return what holds for messages of a category; all of it does."""
    return tuple(policy[name] for name in (ALL, category) if name in policy)


def windows(policy: Policy) -> list[Window]:
    """Return every window that the policy's caps look at."""
    return [cap.window for rules in policy.values() for cap in rules.caps]


def parse_policy(text: str) -> Policy | list[Problem]:
    """Return a policy from JSON, or everything that is wrong with it."""
    try:
        raw = msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        return [Problem("$", "unreadable", f"is no JSON that can be read: {error}")]
    if not isinstance(raw, dict):
        return [Problem("$", "wrong_type", 'must be an object such as {"all": {...}}')]
    problems: list[Problem] = []
    names = [ALL, *map(str, Category)]
    policy = {}
    for name, body in raw.items():
        path = f"$.{name[:100]}"
        if name not in names:
            note_unknown(problems, path, "unknown_category", "category", name, names)
        elif (rules := read(body, Rules, path, problems)) is not None:
            _check(rules, path, problems)
            policy[name] = rules
    return problems or policy


def _check(rules: Rules, path: str, problems: list[Problem]) -> None:
    for index, cap in enumerate(rules.caps):
        check_window(cap.window, f"{path}.caps[{index}].window", problems)
    if rules.quiet_hours is not None:
        hours = rules.quiet_hours.from_, rules.quiet_hours.to
        check_hours(hours, f"{path}.quiet_hours", problems)
