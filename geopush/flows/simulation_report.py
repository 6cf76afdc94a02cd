"""A simulation in words for people, line by line, and as a document for programs."""

from collections import Counter
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import msgspec

from geopush.core.change import Decided, NewMessage
from geopush.core.decision import Gate, Verdict
from geopush.flows.simulate import Simulation, Step


def report(simulation: Simulation) -> list[str]:
    """Tell what happened ping by ping, what was decided, why, and in which words."""
    lines = [line for step in simulation.steps for line in _step(step, simulation)]
    return [*lines, *_sums(simulation), *(f"Note: {one}" for one in simulation.notes)]


def document(simulation: Simulation) -> dict[str, object]:
    """Return all that the report tells, with the gates of every decision."""
    return {
        "pings": simulation.pings,
        "not_taken": simulation.not_taken,
        "steps": [_document(step) for step in simulation.steps],
        "digest": simulation.digest,
        "notes": list(simulation.notes),
    }


def _step(step: Step, simulation: Simulation) -> Iterator[str]:
    place = ZoneInfo(simulation.timezone)
    for one in step.transitions:
        zone = simulation.zone_names.get(one.zone_id, one.zone_id)
        at = one.at.astimezone(place)
        yield f"{at:%Y-%m-%d %H:%M:%S}  {one.kind} {zone} (ping {step.number})"
    words = {one.message_id: one for one in step.messages}
    for decided in step.decided:
        yield f"    {_decision(decided, words.get(decided.decision_id))}"


def _decision(decided: Decided, message: NewMessage | None) -> str:
    about = f"{decided.verdict:<8}  {decided.offer_id}"
    if message is not None:
        return f"{about}: “{message.content.title}”, “{message.content.body}”"
    why = f"{about}: {decided.reason}"
    if decided.verdict is Verdict.WITHHELD and decided.trace:
        return f"{why} ({_gate(decided.trace[-1])})"
    return why


def _gate(gate: Gate) -> str:
    """The gate that stayed shut, with what it saw and what it wanted."""
    seen = "" if gate.value is None else f" saw {_plain(gate.value)}"
    wanted = "" if gate.threshold is None else f", wants {_plain(gate.threshold)}"
    return f"{gate.gate}{seen}{wanted}"


def _plain(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _sums(simulation: Simulation) -> Iterator[str]:
    decided = [one for step in simulation.steps for one in step.decided]
    kinds = Counter(t.kind for step in simulation.steps for t in step.transitions)
    reasons = Counter(one.reason for one in decided if one.verdict is Verdict.WITHHELD)
    sent = sum(one.verdict is Verdict.DECIDED for one in decided)
    told = ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items()))
    yield (
        f"{simulation.pings} pings ({simulation.not_taken} not taken),"
        f" {told or 'no transitions'}."
    )
    yield f"{len(decided)} offers considered, {sent} sent, {reasons.total()} withheld."
    for reason, number in reasons.most_common():
        yield f"    {number} {reason}"
    yield f"Digest of all this: {simulation.digest}"


def _document(step: Step) -> dict[str, object]:
    plain: dict[str, object] = msgspec.to_builtins(step)
    return plain
