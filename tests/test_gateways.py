"""The ways out that the settings describe."""

from contextlib import AsyncExitStack

import pytest

from geopush.app.gateways import open_gateways
from geopush.clock import utc_now
from geopush.core.message import Platform
from geopush.errors import SettingsError
from geopush.sandbox.certificates import KEY_ID, TEAM_ID, make_papers
from geopush.settings import read


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    papers = make_papers(tmp_path_factory.mktemp("papers"))
    return {
        "GEOPUSH_APNS_KEY": papers.p8_file.read_text(),
        "GEOPUSH_APNS_KEY_ID": KEY_ID,
        "GEOPUSH_APNS_TEAM_ID": TEAM_ID,
        "GEOPUSH_APNS_CERTIFICATE": papers.client_file.read_text(),
    }


async def opened(secrets: dict[str, str], **more: str) -> dict[object, object]:
    settings = read({**secrets, **{f"GEOPUSH_{k.upper()}": v for k, v in more.items()}})
    async with AsyncExitStack() as stack:
        return dict(open_gateways(settings, utc_now, stack))


async def test_all_apps_of_a_team_share_one_gateway(secrets: dict[str, str]) -> None:
    del (secrets := dict(secrets))["GEOPUSH_APNS_CERTIFICATE"]
    topics = "demo=com.example.demo,club=com.example.club"
    found = await opened(secrets, apps="demo,club", apns_topic=topics)
    assert set(found) == {("demo", Platform.IOS), ("club", Platform.IOS)}
    assert len(set(found.values())) == 1


async def test_a_certificate_is_enough(secrets: dict[str, str]) -> None:
    name = "GEOPUSH_APNS_CERTIFICATE"
    found = await opened({name: secrets[name]}, apns_topic="com.example.demo")
    assert set(found) == {("demo", Platform.IOS)}


async def test_without_a_credential_there_is_no_way() -> None:
    assert await opened({}, apns_topic="com.example.demo") == {}


@pytest.mark.parametrize(
    "missing", ["GEOPUSH_APNS_KEY_ID", "GEOPUSH_APNS_TEAM_ID", None]
)
async def test_half_a_credential_and_two_credentials_stop_the_start(
    secrets: dict[str, str], missing: str | None
) -> None:
    left = {name: text for name, text in secrets.items() if name != missing}
    if missing is not None:
        del left["GEOPUSH_APNS_CERTIFICATE"]
    with pytest.raises(SettingsError):
        await opened(left, apns_topic="com.example.demo")
