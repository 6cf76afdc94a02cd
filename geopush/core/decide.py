"""Decide: does this customer get this offer now, gate by gate, and why not.

Whether they said stop is looked at first, then consent. The first gate that does not
open gives the one reason.
"""

from collections.abc import Callable

from geopush.core import gates, restraint, stop_when
from geopush.core.compose import Unsayable, compose
from geopush.core.decision import Decision, Facts, Gate, Reason, Verdict
from geopush.core.offer import Offer, Quiet

GATES: tuple[Callable[[Offer, Facts], Gate], ...] = (
    restraint.stopped,
    gates.location,
    gates.push_consent,
    gates.still,
    gates.freshness,
    gates.app,
    gates.zone_speaks,
    gates.topics,
    gates.audience,
    gates.schedule,
    gates.weather,
    gates.conditions,
    stop_when.stops,
    restraint.paused,
    restraint.muted,
    restraint.quiet,
    restraint.customer_limit,
    restraint.caps,
    restraint.contact_lock,
    restraint.address,
)


def decide(offer: Offer, facts: Facts) -> Decision:
    """Walk through the gates in order; the first that stays shut withholds."""
    trace = []
    for gate in GATES:
        opened = gate(offer, facts)
        trace.append(opened)
        if opened.reason is not None:
            return _shut(offer, facts, opened.reason, tuple(trace))
    words = compose(
        offer, facts.values, facts.device.language, variant=facts.arm.variant
    )
    if isinstance(words, Unsayable):
        shut = Gate("words", words.field, None, Reason(words.reason))
        return Decision(Verdict.WITHHELD, Reason(words.reason), (*trace, shut))
    return Decision(Verdict.DECIDED, Reason.DECIDED, tuple(trace), words)


def _shut(
    offer: Offer, facts: Facts, reason: Reason, trace: tuple[Gate, ...]
) -> Decision:
    if reason is Reason.QUIET_HOURS and offer.quiet is Quiet.DEFER:
        return _deferred(facts, trace)
    return Decision(Verdict.WITHHELD, reason, trace)


def _deferred(facts: Facts, trace: tuple[Gate, ...]) -> Decision:
    """Wait for the end of quiet hours; hours that never end withhold."""
    due = restraint.quiet_over(facts)
    if due is None:
        return Decision(Verdict.WITHHELD, Reason.QUIET_HOURS, trace)
    return Decision(Verdict.DEFERRED, Reason.QUIET_HOURS, trace, due=due)
