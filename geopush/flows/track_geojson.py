"""Tracks from GeoJSON: points with a time each, or lines with a list of times."""

import msgspec

from geopush.flows.track_point import Fix, Reading, pick

TIME = ("recorded_at", "time", "timestamp")
TIMES = ("coordTimes", "times", "timestamps")
ACCURACY = ("accuracy", "horizontal_accuracy")


def read_geojson(body: bytes, reading: Reading) -> None:
    """Take in the features of a collection, or a feature on its own."""
    try:
        value: object = msgspec.json.decode(body.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        reading.note("$", "unreadable", f"is no JSON that can be read: {error}")
        return
    document = value if isinstance(value, dict) else {}
    if document.get("type") == "Feature":
        _read_feature(document, "$", reading)
        return
    features = document.get("features")
    if document.get("type") != "FeatureCollection" or not isinstance(features, list):
        text = "should be a Feature or a FeatureCollection of GeoJSON"
        reading.note("$.type", "wrong_type", text)
        return
    for number, feature in enumerate(features):
        if reading.is_full:
            return
        _read_feature(feature, f"$.features[{number}]", reading)


def _read_feature(feature: object, path: str, reading: Reading) -> None:
    geometry = _within(feature, "geometry")
    properties = _within(feature, "properties")
    places = geometry.get("coordinates")
    match geometry.get("type"):
        case "Point":
            at = pick(properties, TIME)
            reading.take(_fix(places, at, pick(properties, ACCURACY)), path)
        case "LineString":
            _read_line(places, _times(properties), path, reading)
        case kind:
            text = f"{kind!r:.60} is no track; use a Point or a LineString with times"
            reading.note(f"{path}.geometry.type", "wrong_type", text)


def _read_line(places: object, times: object, path: str, reading: Reading) -> None:
    if not isinstance(places, list) or not isinstance(times, list):
        text = "is missing; a line needs a list with the time of each position"
        reading.note(f"{path}.properties.coordTimes", "missing", text)
        return
    if len(places) != len(times):
        text = f"has {len(times)} times for {len(places)} positions; it needs one each"
        reading.note(f"{path}.properties.coordTimes", "wrong_length", text)
        return
    for number, (place, at) in enumerate(zip(places, times, strict=True)):
        if reading.is_full:
            return
        reading.take(_fix(place, at, None), f"{path}.geometry.coordinates[{number}]")


def _times(properties: dict[str, object]) -> object:
    within = _within(properties, "coordinateProperties")
    return pick(properties, TIMES) or pick(within, TIMES)


def _fix(place: object, at: object, accuracy: object) -> Fix:
    longitude, latitude = (
        place[:2] if isinstance(place, list) and len(place) >= 2 else (None, None)
    )
    return Fix(longitude=longitude, latitude=latitude, at=at, accuracy=accuracy)


def _within(value: object, key: str) -> dict[str, object]:
    """The object under a key, empty if there is none."""
    inner = value.get(key) if isinstance(value, dict) else None
    return inner if isinstance(inner, dict) else {}
