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


def test_pushes_and_consent_can_be_seen(city: City, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    pushes = [Push(-73.98, 40.75, offer_id) for offer_id in OFFERS]
    plain = drawn(path, city, [], has_consent=True)
    assert drawn(path, city, [], has_consent=False) != plain
    assert drawn(path, city, pushes, has_consent=True) != plain


def test_the_same_day_gives_the_same_picture(city: City, tmp_path: Path) -> None:
    pushes = [Push(-73.98, 40.75, offer_id) for offer_id in OFFERS]
    once = drawn(tmp_path / "a.png", city, pushes, has_consent=True)
    assert drawn(tmp_path / "b.png", city, pushes, has_consent=True) == once
