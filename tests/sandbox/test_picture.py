"""The picture of a played day is drawn quickly and shows what it was given."""

import struct
from datetime import UTC, datetime
from pathlib import Path

import pytest

from geopush.sandbox.city import City, read_city
from geopush.sandbox.picture import Push, Track, draw_map
from geopush.sandbox.tracks import Fix

OFFERS = [f"an-offer-with-a-name-{number}" for number in range(7)]


@pytest.fixture(scope="module")
def city() -> City:
    return read_city()


def a_track(*, has_consent: bool) -> Track:
    now = datetime(2023, 5, 31, 16, tzinfo=UTC)
    fixes = [Fix(now, -73.99 + step / 500, 40.75, 10.0) for step in range(9)]
    return Track(fixes, has_consent)


def drawn(path: Path, city: City, pushes: list[Push], *, has_consent: bool) -> bytes:
    draw_map(path, city, [a_track(has_consent=has_consent)], pushes, "A day")
    return path.read_bytes()


def test_the_map_is_a_png_large_enough_to_read(city: City, tmp_path: Path) -> None:
    image = drawn(tmp_path / "a.png", city, [], has_consent=True)
    assert image.startswith(b"\x89PNG\r\n")
    width, height = struct.unpack(">II", image[16:24])
    assert width >= 1600
    assert height >= 900


def test_who_agreed_can_be_seen(city: City, tmp_path: Path) -> None:
    agreed = drawn(tmp_path / "a.png", city, [], has_consent=True)
    assert drawn(tmp_path / "b.png", city, [], has_consent=False) != agreed


def test_a_push_is_shown_where_it_was_sent(city: City, tmp_path: Path) -> None:
    near = [Push(-73.98, 40.75, offer_id) for offer_id in OFFERS]
    here, there = (Push(-73.9, 40.65 + n, OFFERS[0]) for n in (0.0, 0.02))
    once = drawn(tmp_path / "a.png", city, [*near, here], has_consent=True)
    assert drawn(tmp_path / "b.png", city, [*near, there], has_consent=True) != once


def test_the_same_day_gives_the_same_picture(city: City, tmp_path: Path) -> None:
    pushes = [Push(-73.98, 40.75, offer_id) for offer_id in OFFERS]
    once = drawn(tmp_path / "a.png", city, pushes, has_consent=True)
    assert drawn(tmp_path / "b.png", city, pushes, has_consent=True) == once
