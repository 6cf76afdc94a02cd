"""The files of a simulation: zones, offers and weather, with their problems by file."""

from pathlib import PurePath

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace

from geopush.core.offer import Offer, Refusal, parse_offer
from geopush.core.ping import Identifier
from geopush.core.weather import Observation
from zones import Problem, Zone, parse_zones


class Source(Struct, frozen=True):
    """A file: what it is called, and what is in it."""

    name: str
    body: bytes


class WrittenOffer(Struct, frozen=True):
    """An offer as a file has it: where, its id, and what is written there."""

    path: str
    offer_id: str
    document: Raw


class _Offers(Struct):
    offers: list[Raw]


class _Named(Struct):
    offer_id: Identifier | None = None


class _Weather(Struct):
    observations: list[Raw]


_MISFIT = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


def read_zones(source: Source, problems: list[Problem]) -> tuple[Zone, ...]:
    """Return the zones of a FeatureCollection, noting what is wrong with it."""
    parsed = parse_zones(source.body)
    problems += [_in(source, one) for one in parsed.problems]
    return parsed.zones


def read_offers(source: Source, problems: list[Problem]) -> tuple[Offer, ...]:
    """Return the offers of a list, of ``{"offers": [...]}``, or one on its own."""
    offers = []
    for written in read_documents(source, problems):
        read = parse_offer(written.offer_id, bytes(written.document))
        if isinstance(read, Refusal):
            problems += [_in(source, one, written.path) for one in read.problems]
        else:
            offers.append(read)
    return tuple(offers)


def read_documents(source: Source, problems: list[Problem]) -> list[WrittenOffer]:
    """Return each offer as it is written; one on its own may go by the file's name."""
    documents: dict[str, WrittenOffer] = {}
    for path, document in _documents(source, problems):
        offer_id = _offer_id(source, path, document, problems)
        if offer_id is not None and offer_id in documents:
            text = f'"{offer_id}" is also the id of an offer before this one'
            _note(source, f"{path}.offer_id", "id_repeated", text, problems)
        elif offer_id is not None:
            documents[offer_id] = WrittenOffer(path, offer_id, document)
    return list(documents.values())


def read_weather(
    source: Source | None, problems: list[Problem]
) -> tuple[Observation, ...]:
    """Return the observations of ``{"observations": [...]}``, as they are posted."""
    if source is None:
        return ()
    try:
        items = msgspec.json.decode(source.body, type=_Weather).observations
    except _MISFIT as error:
        text = f'should be {{"observations": [...]}}: {error}'
        _note(source, "$", "unreadable", text, problems)
        return ()
    observations = []
    for number, item in enumerate(items):
        try:
            observations.append(msgspec.json.decode(item, type=Observation))
        except _MISFIT as error:
            path = f"$.observations[{number}]"
            _note(source, path, "wrong_type", str(error), problems)
    return tuple(observations)


def _documents(source: Source, problems: list[Problem]) -> list[tuple[str, Raw]]:
    """Each offer as it is written, and its place in the file."""
    body = source.body.removeprefix(b"\xef\xbb\xbf")
    try:
        if body.lstrip().startswith(b"["):
            items = msgspec.json.decode(body, type=list[Raw])
            return [(f"$[{number}]", one) for number, one in enumerate(items)]
        if b'"offers"' in body:
            items = msgspec.json.decode(body, type=_Offers).offers
            return [(f"$.offers[{number}]", one) for number, one in enumerate(items)]
    except _MISFIT as error:
        text = f"should be a list of offers: {error}"
        _note(source, "$", "unreadable", text, problems)
        return []
    return [("$", Raw(body))]


def _offer_id(
    source: Source, path: str, document: Raw, problems: list[Problem]
) -> str | None:
    try:
        offer_id = msgspec.json.decode(document, type=_Named).offer_id
    except _MISFIT as error:
        _note(source, path, "unreadable", f"should be an offer: {error}", problems)
        return None
    if offer_id is None and path == "$":
        return PurePath(source.name).stem
    if offer_id is None:
        text = '"offer_id" is missing; name each offer of a list'
        _note(source, path, "id_missing", text, problems)
    return offer_id


def _in(source: Source, problem: Problem, root: str = "$") -> Problem:
    """The problem with its place in the file in front of its path."""
    path = root + problem.path.removeprefix("$")
    return replace(problem, path=f"{source.name}: {path}")


def _note(
    source: Source, path: str, code: str, text: str, problems: list[Problem]
) -> None:
    problems.append(Problem(f"{source.name}: {path}", code, text))
