"""Writing conditions as react-querybuilder reads them: groups of rules."""

from geopush.core.condition import All, AnyOf, Check, Condition, Not, Operator
from geopush.core.offer import Offer
from geopush.core.query_reader import READ_AS

_WRITTEN_AS = {
    read: word
    for word, read in READ_AS.items()
    if read[0] is not Operator.EXISTS  # which depends on its value
}


def with_queries(offer: Offer) -> dict[str, object]:
    """Return an offer as it was written, but for its conditions, which are queries."""
    document = dict(offer.document)
    if offer.conditions is not None:
        document["conditions"] = write_query(offer.conditions.condition)
    audience = document.get("audience")
    if isinstance(audience, dict) and offer.audience.where is not None:
        where = write_query(offer.audience.where.condition)
        document["audience"] = {**audience, "where": where}
    return document


def write_query(condition: Condition) -> dict[str, object]:
    """Return a condition as a query, which is always a group."""
    written = _write(condition)
    return written if "rules" in written else _group("and", [written])


def _write(condition: Condition) -> dict[str, object]:
    match condition:
        case Check():
            return _rule(condition, denied=False)
        case Not(part=Check() as check) if (check.operator, True) in _WRITTEN_AS:
            return _rule(check, denied=True)
        case Not(part=part):
            inner = _write(part)
            if "rules" not in inner or inner["not"]:
                inner = _group("and", [inner])
            return {**inner, "not": True}
        case All(parts=parts):
            return _group("and", [_write(one) for one in parts])
        case AnyOf(parts=parts):
            return _group("or", [_write(one) for one in parts])


def _group(combinator: str, rules: list[dict[str, object]]) -> dict[str, object]:
    return {"combinator": combinator, "not": False, "rules": rules}


def _rule(check: Check, *, denied: bool) -> dict[str, object]:
    """A rule; where it lets go is kept beside what the page knows."""
    operator, wanted = check.operator, check.wanted
    if operator is Operator.EXISTS:
        word = "notNull" if wanted else "null"
        return {"field": check.field, "operator": word, "value": None}
    rule: dict[str, object] = {
        "field": check.field,
        "operator": _WRITTEN_AS[operator, denied],
        "value": list(wanted) if isinstance(wanted, tuple) else wanted,
    }
    if check.off is not None:
        rises = operator in (Operator.GTE, Operator.GT)
        rule["off_below" if rises else "off_above"] = check.off
    return rule
