"""A batch is matched by one look into the index, whatever is in it."""

from msgspec.structs import replace

from geopush.core.change import Upload
from geopush.core.evaluate import evaluate
from geopush.core.matching import match
from geopush.core.ping import DeviceId, customer_key
from tests.core.world import (
    FAR,
    HERE,
    NOON,
    a_customer,
    a_world,
    a_zone,
    ping,
    upload,
)
from zones import Covering, ZoneIndex


class Counting:
    """An index that remembers how many points it was asked about, call by call."""

    def __init__(self, index: ZoneIndex) -> None:
        self._index = index
        self.asked: list[int] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self._index, name)

    def covering(self, lons, lats) -> Covering:
        self.asked.append(len(lons))
        return self._index.covering(lons, lats)


def test_all_pings_of_all_uploads_are_one_question_to_the_index() -> None:
    world = a_world()
    index = Counting(world.catalog.zones)
    world = replace(world, catalog=replace(world.catalog, zones=index))
    phones = [(customer_key(f"c-{n}"), DeviceId(f"phone-{n}")) for n in range(5)]
    known = {}
    for key, phone in phones:
        anna = a_customer()
        (device,) = anna.profile.devices.values()
        profile = replace(anna.profile, devices={phone: device})
        known[key] = replace(anna, customer=key, profile=profile)
    pings = tuple(enumerate([ping(0, FAR), ping(10), ping(20)]))
    uploads = [Upload(phone, key, pings) for key, phone in phones]
    evaluation = evaluate(uploads, known, world, NOON)
    assert [one.inside for one in evaluation.answers] == [("shop",)] * 5
    assert index.asked == [15]


def test_of_pings_that_no_zone_covers_nothing_is_kept() -> None:
    world = a_world([a_zone(), a_zone("closed", FAR, enabled=False)])
    uploads = [upload(ping(0, FAR), ping(1, FAR)), upload(ping(2, HERE))]
    assert dict(match(uploads, world.catalog.zones).zones) == {2: ("shop",)}


def test_without_pings_the_index_is_not_asked() -> None:
    index = Counting(a_world().catalog.zones)
    assert dict(match([upload()], index).zones) == {}
    assert index.asked == []
