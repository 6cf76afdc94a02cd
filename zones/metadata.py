"""What else is said of a zone: a few plain values, kept and handed back."""

import math
from collections.abc import Mapping

from zones.errors import Code, Problem
from zones.zone import Scalar

MOST_KEYS = 16
LONGEST_KEY = 64
LONGEST_TEXT = 1_000
INTEGERS = 2**63


def read_metadata(raw: object, path: str, problems: list[Problem]) -> dict[str, Scalar]:
    """Return what the ``metadata`` property says; what does not fit is a problem."""
    if raw is None:
        return {}
    if not isinstance(raw, dict):
        problems.append(Problem(path, Code.BAD_METADATA, "Metadata is an object."))
        return {}
    if len(raw) > MOST_KEYS:
        text = f"Metadata has {len(raw)} keys; at most {MOST_KEYS} are taken."
        problems.append(Problem(path, Code.BAD_METADATA, text))
        return {}
    read: dict[str, Scalar] = {}
    for key, value in raw.items():
        reason = _why_not(key, value)
        if reason is None:
            read[key] = value
        else:
            problems.append(Problem(f"{path}.{key:.64}", Code.BAD_METADATA, reason))
    return read


def add_others(
    metadata: dict[str, Scalar],
    others: Mapping[str, object],
    path: str,
    warnings: list[Problem],
) -> dict[str, Scalar]:
    """Return metadata with other properties added; what does not fit gets a warning."""
    kept = dict(metadata)
    for key, value in others.items():
        reason = _why_not(key, value)
        if reason is None and key in kept:
            reason = "The metadata has one of that name."
        if reason is None and len(kept) >= MOST_KEYS:
            reason = f"Metadata has room for {MOST_KEYS} keys."
        if reason is None and isinstance(value, Scalar):
            kept[key] = value
            continue
        text = f"The property {key:.64} is not kept. {reason}"
        warnings.append(Problem(f"{path}.{key:.64}", Code.PROPERTY_DROPPED, text))
    return kept


def _why_not(key: str, value: object) -> str | None:
    if not 0 < len(key) <= LONGEST_KEY or "\0" in key:
        return f"A key has 1 to {LONGEST_KEY} characters."
    if not isinstance(value, Scalar):
        return "Values are text, numbers, true, false or null."
    if isinstance(value, str) and (len(value) > LONGEST_TEXT or "\0" in value):
        return f"Texts have at most {LONGEST_TEXT} characters."
    if isinstance(value, int) and not -INTEGERS <= value < INTEGERS:
        return "Whole numbers have at most 63 bits."
    if isinstance(value, float) and not math.isfinite(value):
        return "Numbers are finite."
    return None
