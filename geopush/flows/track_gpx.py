"""Tracks from GPX: XML that may define nothing and refer to nothing outside."""

from xml.parsers import expat

from geopush.flows.track_point import Fix, Reading

POINTS = ("trkpt", "rtept", "wpt")
LONGEST_TEXT = 100  # of a time or an accuracy; the rest of a file is not kept


class Forbidden(Exception):
    """The file declares a document type, which could make it grow without end."""


class _Stop(Exception):
    """Enough was read."""


def read_gpx(body: bytes, reading: Reading) -> None:
    """Take in the points of a GPX file: tracks, routes and waypoints alike."""
    parser = expat.ParserCreate(namespace_separator="}")
    points = _Points(parser, reading)
    parser.StartDoctypeDeclHandler = _forbid
    parser.StartElementHandler = points.start
    parser.CharacterDataHandler = points.text
    parser.EndElementHandler = points.end
    try:
        parser.Parse(body, True)
    except _Stop:
        return
    except Forbidden:
        line = f"line {parser.CurrentLineNumber}"
        text = "declares a document type; remove the line that begins with <!DOCTYPE"
        reading.note(line, "unreadable", text)
    except (expat.ExpatError, ValueError) as error:
        line = f"line {parser.CurrentLineNumber}"
        reading.note(line, "unreadable", f"is no XML: {error}; export the track again")


class _Points:
    """The point that is being read, and the element within it."""

    def __init__(self, parser: expat.XMLParserType, reading: Reading) -> None:
        self._parser = parser
        self._reading = reading
        self._point: dict[str, str] | None = None
        self._line = 0
        self._text = ""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._text = ""
        if _local(name) in POINTS:
            self._point = {key: attributes.get(key, "") for key in ("lat", "lon")}
            self._line = self._parser.CurrentLineNumber

    def text(self, text: str) -> None:
        if self._point is not None and len(self._text) < LONGEST_TEXT:
            self._text += text[:LONGEST_TEXT]

    def end(self, name: str) -> None:
        if self._point is None:
            return
        if _local(name) in ("time", "accuracy"):
            self._point[_local(name)] = self._text.strip()
        if _local(name) not in POINTS:
            return
        point, self._point = self._point, None
        fix = Fix(
            longitude=point["lon"],
            latitude=point["lat"],
            at=point.get("time"),
            accuracy=point.get("accuracy"),
        )
        self._reading.take(fix, f"line {self._line}, {_local(name)}")
        if self._reading.is_full:
            raise _Stop


def _forbid(*_: object) -> None:
    raise Forbidden


def _local(name: str) -> str:
    """The name without the namespace it comes from."""
    return name.rpartition("}")[2]
