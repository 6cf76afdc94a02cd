"""What else matches pings with zones in Python, each as it is best used."""

from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import NamedTuple

import h3
import numpy as np
import rtree
import shapely
from numpy.typing import NDArray

from geopush.bench.matching import Ask, Codes, coded, loaded_kernel
from geopush.bench.pings import Floats
from zones import IndexKind, Zone, build_index

Integers = NDArray[np.intp]
Pairs = tuple[Integers, Integers]  # numbers of pings and of zones

# About ten cells of this resolution in a usual zone: more would need much memory.
FINENESS = {"city": 11, "towns": 11, "countries": 5, "overlapping": 9, "new-york": 10}


class Matcher(NamedTuple):
    """How to ask about a call of pings, and how to read the answer afterwards."""

    ask: Ask
    code: Callable[..., Codes]


def pairs_coded(pairs: Pairs) -> Codes:
    """Return each pair of an answer as a number."""
    pings, found = (np.asarray(one, dtype=np.int64) for one in pairs)
    return pings << 32 | found


def own(directory: str | None, zones: list[Zone], _: str) -> Matcher:
    """Build our index, compiled or plain."""
    index = build_index(zones, IndexKind.CELLS, loaded_kernel(directory))
    return Matcher(index.covering, coded)


def tree_of_boxes(zones: list[Zone]) -> Ask:
    """Take boxes of zones from the tree, then ask the prepared zones."""
    shapes = _shapes(zones)
    tree = shapely.STRtree(shapes)

    def ask(lons: Floats, lats: Floats) -> Pairs:
        pings, found = tree.query(shapely.points(lons, lats))
        inside = shapely.intersects_xy(shapes[found], lons[pings], lats[pings])
        return pings[inside], found[inside]

    return ask


def tree_with_predicate(zones: list[Zone]) -> Ask:
    """Let the tree ask each prepared point about the zones found."""
    tree = shapely.STRtree(_shapes(zones))
    return lambda lons, lats: tree.query(shapely.points(lons, lats), "intersects")


def tree_of_pings(zones: list[Zone]) -> Ask:
    """Let every prepared zone ask a tree of the call's pings."""
    shapes = _shapes(zones)

    def ask(lons: Floats, lats: Floats) -> Pairs:
        found, pings = shapely.STRtree(shapely.points(lons, lats)).query(
            shapes, "intersects"
        )
        return pings, found

    return ask


def per_ping(zones: list[Zone], _: str) -> Matcher:
    """Do what one writes first: an R-tree and prepared geometries, ping by ping."""
    shapes = [zone.area.geometry for zone in zones]
    boxes = ((number, shape.bounds, None) for number, shape in enumerate(shapes))
    tree = rtree.index.Index(boxes)

    def ask(lons: Floats, lats: Floats) -> list[tuple[int, int]]:
        return [
            (ping, number)
            for ping, (x, y) in enumerate(
                zip(lons.tolist(), lats.tolist(), strict=True)
            )
            for number in tree.intersection((x, y, x, y))
            if shapely.intersects_xy(shapes[number], x, y)
        ]

    return Matcher(ask, _list_coded)


def geopandas_sjoin(zones: list[Zone], _: str) -> Matcher:
    """Join a frame of pings with a frame of zones, spatially."""
    geopandas = import_module("geopandas")
    frame = geopandas.GeoDataFrame(geometry=[zone.area.geometry for zone in zones])
    frame.sindex  # noqa: B018 (made here, else by the first join)

    def ask(lons: Floats, lats: Floats) -> Pairs:
        pings = geopandas.GeoDataFrame(geometry=geopandas.points_from_xy(lons, lats))
        joined = geopandas.sjoin(pings, frame, predicate="intersects")
        return joined.index.to_numpy(), joined["index_right"].to_numpy()

    return Matcher(ask, pairs_coded)


def h3_dictionary(zones: list[Zone], world: str) -> Matcher:
    """Know cells whose middle is in a zone, nothing else: near edges that is wrong."""
    fine = FINENESS[world]
    known: dict[str, list[int]] = {}
    for number, zone in enumerate(zones):
        for cell in h3.geo_to_cells(zone.area.geometry, fine):
            known.setdefault(cell, []).append(number)
    find, none = known.get, ()

    def ask(lons: Floats, lats: Floats) -> list[tuple[int, int]]:
        return [
            (ping, number)
            for ping, (x, y) in enumerate(
                zip(lons.tolist(), lats.tolist(), strict=True)
            )
            for number in find(h3.latlng_to_cell(y, x, fine), none)
        ]

    return Matcher(ask, _list_coded)


def h3ronpy_arrays(zones: list[Zone], world: str) -> Matcher:
    """Look up cells in arrays by bisection; prepared zones have the last word."""
    vector = import_module("h3ronpy.vector")
    mode = import_module("h3ronpy").ContainmentMode.Covers
    fine, shapes = FINENESS[world] - 1, _shapes(zones)
    cells = vector.wkb_to_cells(
        shapely.to_wkb(shapes).tolist(), fine, containment_mode=mode, flatten=False
    ).to_pylist()
    keys = np.concatenate([np.array(some, dtype=np.uint64) for some in cells])
    owners = np.repeat(np.arange(len(shapes)), [len(some) for some in cells])
    order = np.argsort(keys, kind="stable")
    keys, owners = keys[order], owners[order]

    def ask(lons: Floats, lats: Floats) -> Pairs:
        here = np.asarray(vector.coordinates_to_cells(lats, lons, fine))
        first = np.searchsorted(keys, here, "left")
        counts = np.searchsorted(keys, here, "right") - first
        pings = np.repeat(np.arange(len(lons)), counts)
        behind = np.arange(len(pings)) - np.repeat(np.cumsum(counts) - counts, counts)
        found = owners[np.repeat(first, counts) + behind]
        inside = shapely.intersects_xy(shapes[found], lons[pings], lats[pings])
        return pings[inside], found[inside]

    return Matcher(ask, pairs_coded)


def chdb_dictionary(layout: str, zones: list[Zone], _: str) -> Matcher:
    """Ask a polygon dictionary of ClickHouse, which tells one zone of a ping."""
    session = import_module("chdb.session").Session()
    session.query("CREATE DATABASE bench ENGINE = Atomic")
    ring = "Array(Array(Array(Tuple(Float64, Float64))))"
    session.query(f"CREATE TABLE bench.zone (area {ring}, id UInt32) ENGINE = Memory")
    for start in range(0, len(zones), 500):
        some = enumerate(zones[start : start + 500], start)
        rows = ",".join(f"({_written(zone)},{number})" for number, zone in some)
        session.query(f"INSERT INTO bench.zone VALUES {rows}")
    session.query(
        f"CREATE DICTIONARY bench.zones (area {ring}, id UInt32) PRIMARY KEY area "
        f"SOURCE(CLICKHOUSE(DB 'bench' TABLE 'zone')) LAYOUT({layout}) LIFETIME(0)"
    )
    session.query("SYSTEM RELOAD DICTIONARY bench.zones")
    nobody = 2**32 - 1
    question = (
        "SELECT dictGetOrDefault('bench.zones', 'id', (x, y), "
        f"toUInt32({nobody})) AS id FROM Python(frame)"
    )
    frames = import_module("pandas")

    def ask(lons: Floats, lats: Floats) -> Pairs:
        frame = frames.DataFrame({"x": lons, "y": lats})  # noqa: F841 (chdb finds it)
        found = session.query(question, "ArrowTable")["id"].to_numpy()
        pings = np.flatnonzero(found != nobody)
        return pings, found[pings]

    return Matcher(ask, pairs_coded)


class Peer(NamedTuple):
    """How a peer is built, what it needs, and worlds too large for it."""

    build: Callable[[list[Zone], str], Matcher]
    needs: Sequence[str] = ()
    never: Sequence[str] = ("towns",)

    @property
    def missing(self) -> str:
        """Name the first package it needs that is not installed."""
        return next((name for name in self.needs if find_spec(name) is None), "")


PEERS = {
    "rtree + prepared": Peer(per_ping),
    "geopandas sjoin": Peer(geopandas_sjoin, ["geopandas"]),
    "h3 dictionary": Peer(h3_dictionary),
    "h3ronpy + shapely": Peer(h3ronpy_arrays, ["h3ronpy"]),
    **{
        f"chdb {layout}": Peer(
            partial(chdb_dictionary, layout),
            ["chdb", "pandas"],
            never=("towns", "countries"),  # half a minute to build there
        )
        for layout in ("POLYGON", "POLYGON_INDEX_EACH")
    },
}


def _shapes(zones: list[Zone]) -> NDArray[np.object_]:
    return np.array([zone.area.geometry for zone in zones], dtype=np.object_)


def _list_coded(pairs: list[tuple[int, int]]) -> Codes:
    return np.array([ping << 32 | zone for ping, zone in pairs], dtype=np.int64)


def _written(zone: Zone) -> str:
    parts = [
        [
            [tuple(place) for place in ring.coords]
            for ring in (part.exterior, *part.interiors)
        ]
        for part in zone.area.parts
    ]
    return str(parts)
