"""Time zones are those of the tzdata package, whatever the machine has."""

from datetime import datetime, timedelta

import pytest

from zones import time_zone


def test_a_time_zone_knows_its_summer_time() -> None:
    amsterdam = time_zone("Europe/Amsterdam")
    summer = datetime(2026, 7, 1, tzinfo=amsterdam)
    winter = datetime(2026, 12, 1, tzinfo=amsterdam)
    assert (summer.utcoffset(), winter.utcoffset()) == (
        timedelta(hours=2),
        timedelta(hours=1),
    )


def test_a_time_zone_is_loaded_once() -> None:
    assert time_zone("America/New_York") is time_zone("America/New_York")


@pytest.mark.parametrize("name", ["UTC", "Etc/GMT+5", "America/Argentina/Ushuaia"])
def test_names_of_any_depth_are_known(name: str) -> None:
    assert str(time_zone(name)) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Europe",
        "europe/amsterdam",
        "Mars/Olympus",
        "../zones",
        "/etc/passwd",
        "a\0b",
    ],
)
def test_there_is_no_other_time_zone(name: str) -> None:
    assert time_zone(name) is None


def test_time_zones_of_the_machine_do_not_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("zoneinfo.TZPATH", ())
    time_zone.__globals__["_load"].cache_clear()
    assert time_zone("Asia/Tokyo") is not None
