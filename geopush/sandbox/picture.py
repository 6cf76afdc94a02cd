"""The picture of a played day: districts, restaurants, ways and pushes on one map.

The only module that knows matplotlib; it draws on its own canvas and keeps no state.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import cycle
from math import cos, radians
from pathlib import Path
from typing import TypeAlias

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection, PatchCollection, PolyCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Ellipse, Rectangle
from msgspec import Struct

from geopush.sandbox.city import City
from geopush.sandbox.tracks import (
    AT_LATITUDE,
    METERS_PER_DEGREE,
    METERS_PER_DEGREE_EAST,
    Fix,
)

Box: TypeAlias = tuple[float, float, float, float]  # west, south, east, north

WATER, LAND, BORDER = "#e3edf3", "#fbfaf7", "#cfc9bd"
RESTAURANT = "#e0a526"
AGREED, REFUSED = "#3f6fa8", "#a0522d"
PUSH_LOOKS = (
    ("o", "#d7263d"),
    ("s", "#7b2d8b"),
    ("^", "#0b7a4b"),
    ("D", "#e8590c"),
    ("P", "#1f2a44"),
    ("v", "#c2185b"),
)
DETAIL_METERS = 3600.0  # how much the second map shows, from side to side
SOURCES = (
    "Restaurants: stiles/locations (MIT). Districts: NYC Taxi & Limousine Commission "
    "(NYC open data), without Whitestone, whose outline is invalid. "
    "Ways and offers are made up."
)


class Track(Struct, frozen=True):
    """Where one phone was, and whether its customer agreed to pushes and location."""

    fixes: Sequence[Fix]
    has_consent: bool


class Push(Struct, frozen=True):
    """Where somebody was when an offer was sent to them."""

    longitude: float
    latitude: float
    offer_id: str


def draw_map(
    path: Path,
    city: City,
    tracks: Sequence[Track],
    pushes: Sequence[Push],
    title: str,
) -> None:
    """Write the map as PNG: the whole city, and beside it where most was sent."""
    looks = dict(zip(_by_count(pushes), cycle(PUSH_LOOKS), strict=False))
    figure = Figure(figsize=(16, 9.4), dpi=110, facecolor="white")
    FigureCanvasAgg(figure)
    whole = figure.add_axes((0.035, 0.13, 0.46, 0.78))
    detail = figure.add_axes((0.525, 0.13, 0.46, 0.78))
    closer = _busiest(city, pushes)
    for axes, box, dot in ((whole, _extent(city), 26.0), (detail, closer, 80.0)):
        _draw_city(axes, city)
        _draw_tracks(axes, tracks)
        _draw_pushes(axes, pushes, looks, dot)
        _frame(axes, box)
    _draw_names(detail, city, closer)
    _mark(whole, closer)
    whole.set_title("The whole city", fontsize=11, loc="left")
    detail.set_title("Inside the box: where most was sent", fontsize=11, loc="left")
    figure.suptitle(title, fontsize=15, fontweight="bold", x=0.035, y=0.975, ha="left")
    _legend(figure, pushes, looks)
    figure.text(0.035, 0.012, SOURCES, fontsize=8, color="#666666")
    figure.savefig(path, format="png")


def _by_count(pushes: Iterable[Push]) -> list[str]:
    return [offer for offer, _ in Counter(p.offer_id for p in pushes).most_common()]


def _draw_city(axes: Axes, city: City) -> None:
    outlines = [rings[0] for one in city.districts for rings in one.polygons]
    axes.add_collection(
        PolyCollection(outlines, facecolors=LAND, edgecolors=BORDER, linewidths=0.5)
    )
    circles = [
        Ellipse(
            (one.longitude, one.latitude),
            2 * one.radius / METERS_PER_DEGREE_EAST,
            2 * one.radius / METERS_PER_DEGREE,
        )
        for one in city.restaurants
    ]
    axes.add_collection(
        PatchCollection(
            circles,
            facecolors=RESTAURANT + "66",
            edgecolors=RESTAURANT,
            linewidths=0.8,
            zorder=3,
        )
    )


def _draw_tracks(axes: Axes, tracks: Iterable[Track]) -> None:
    ways: dict[bool, list[list[tuple[float, float]]]] = {True: [], False: []}
    for track in tracks:
        way = [(fix.longitude, fix.latitude) for fix in track.fixes]
        ways[track.has_consent].append(way)
    for has_consent, color, width in ((False, REFUSED, 0.6), (True, AGREED, 0.7)):
        lines = LineCollection(
            ways[has_consent], colors=color, linewidths=width, alpha=0.55, zorder=4
        )
        axes.add_collection(lines)


def _draw_pushes(
    axes: Axes,
    pushes: Sequence[Push],
    looks: dict[str, tuple[str, str]],
    dot: float,
) -> None:
    for offer_id, (marker, color) in looks.items():
        sent = [one for one in pushes if one.offer_id == offer_id]
        axes.scatter(
            [one.longitude for one in sent],
            [one.latitude for one in sent],
            s=dot,
            marker=marker,
            c=color,
            edgecolors="white",
            linewidths=0.6,
            alpha=0.9,
            zorder=5,
        )


def _frame(axes: Axes, box: Box) -> None:
    west, south, east, north = box
    axes.set_xlim(west, east)
    axes.set_ylim(south, north)
    axes.set_aspect(1 / cos(radians(AT_LATITUDE)))
    axes.set_facecolor(WATER)
    axes.tick_params(labelsize=8, colors="#666666")
    axes.locator_params(nbins=6)
    axes.xaxis.set_major_formatter("{x:.3f}°")
    axes.yaxis.set_major_formatter("{x:.3f}°")
    _scale_bar(axes, box)


def _scale_bar(axes: Axes, box: Box) -> None:
    west, south, east, north = box
    wide = (east - west) * METERS_PER_DEGREE_EAST
    meters = next(m for m in (10_000, 5000, 2000, 1000, 500, 200) if m < wide / 4)
    length = meters / METERS_PER_DEGREE_EAST
    x, y = east - length - (east - west) * 0.04, south + (north - south) * 0.04
    axes.plot([x, x + length], [y, y], color="black", linewidth=2.5, zorder=6)
    label = f"{meters // 1000} km" if meters >= 1000 else f"{meters} m"
    axes.text(x + length / 2, y + (north - south) * 0.01, label, ha="center", zorder=6)


def _draw_names(axes: Axes, city: City, box: Box) -> None:
    west, south, east, north = box
    for district in city.districts:
        ring = max((rings[0] for rings in district.polygons), key=len)
        x = sum(at[0] for at in ring) / len(ring)
        y = sum(at[1] for at in ring) / len(ring)
        if west < x < east and south < y < north:
            axes.text(
                x,
                y,
                district.name,
                fontsize=7.5,
                color="#6f6a60",
                ha="center",
                clip_on=True,
                zorder=4.5,
            )


def _mark(axes: Axes, box: Box) -> None:
    west, south, east, north = box
    axes.add_patch(
        Rectangle(
            (west, south),
            east - west,
            north - south,
            fill=False,
            linewidth=1.4,
            zorder=6,
        )
    )


def _legend(
    figure: Figure, pushes: Sequence[Push], looks: dict[str, tuple[str, str]]
) -> None:
    sent = Counter(one.offer_id for one in pushes)
    places = [
        _sign("o", RESTAURANT, "restaurant, 150 m"),
        Line2D([], [], color=AGREED, label="way of somebody who agreed to pushes"),
        Line2D([], [], color=REFUSED, label="way of somebody who did not"),
    ]
    offers = [
        _sign(marker, color, f"{offer_id}: {sent[offer_id]} sent")
        for offer_id, (marker, color) in looks.items()
    ]
    for row, signs in ((0.062, places), (0.035, offers)):
        figure.legend(
            handles=signs,
            loc="lower left",
            bbox_to_anchor=(0.03, row),
            ncols=max(1, len(signs)),
            fontsize=9.5,
            frameon=False,
        )


def _sign(marker: str, color: str, label: str) -> Line2D:
    return Line2D(
        [], [], linestyle="none", marker=marker, color=color, markersize=8, label=label
    )


def _extent(city: City) -> Box:
    places = [at for one in city.districts for rings in one.polygons for at in rings[0]]
    longitudes, latitudes = zip(*places, strict=True)
    edge = 0.01
    return (
        min(longitudes) - edge,
        min(latitudes) - edge,
        max(longitudes) + edge,
        max(latitudes) + edge,
    )


def _busiest(city: City, pushes: Sequence[Push]) -> Box:
    """The box around the push that has most others near it, else around midtown."""
    half_east = DETAIL_METERS / 2 / METERS_PER_DEGREE_EAST
    half_north = DETAIL_METERS / 2 / METERS_PER_DEGREE

    def neighbours(push: Push) -> int:
        return sum(
            abs(one.longitude - push.longitude) < half_east
            and abs(one.latitude - push.latitude) < half_north
            for one in pushes
        )

    doors = [Push(one.longitude, one.latitude, "") for one in city.restaurants]
    center = max(pushes or doors[:1], key=neighbours)
    return (
        center.longitude - half_east,
        center.latitude - half_north,
        center.longitude + half_east,
        center.latitude + half_north,
    )
