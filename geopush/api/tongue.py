"""In which language sentences are answered: as asked for, or as the reader reads."""

from typing import Annotated, TypeAlias

from litestar.params import HeaderParameter, QueryParameter

from geopush.core.sentence import Tongue

Language: TypeAlias = Annotated[
    Tongue | None,
    QueryParameter(description="the language of sentences, above Accept-Language"),
]
AcceptLanguage: TypeAlias = Annotated[
    str | None, HeaderParameter(name="Accept-Language", max_length=1024)
]
MOST_RANGES = 20


def read_tongue(
    language: Language = None, accept_language: AcceptLanguage = None
) -> Tongue:
    """Return the language to answer in: English where no other is known."""
    return language or _accepted(accept_language or "")


def _accepted(header: str) -> Tongue:
    """The most wanted language that sentences are there in (RFC 9110, 12.5.4)."""
    wanted = [_range(one) for one in header.lower().split(",")[:MOST_RANGES]]
    known = [
        (weight, -place, Tongue(name))
        for place, (name, weight) in enumerate(wanted)
        if name in set(Tongue) and weight > 0
    ]
    return max(known)[2] if known else Tongue.EN


def _range(text: str) -> tuple[str, float]:
    """A language without its region, and how much it is wanted."""
    name, _, parameter = text.strip().partition(";")
    _, _, weight = parameter.partition("q=")
    try:
        wanted = float(weight) if parameter else 1.0
    except ValueError:
        wanted = 0.0
    return name.strip().partition("-")[0], wanted
