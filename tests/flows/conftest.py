"""A street with stand-ins for Apple and Google, and the ways to them."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from geopush.core.message import Environment
from geopush.push.apns import ApnsAccount, ApnsGateway
from geopush.push.apns_token import SigningKey
from geopush.push.fcm import FcmGateway
from geopush.push.fcm_token import FcmAccount
from geopush.push.gateway import Deadlines
from geopush.sandbox import Sandbox
from tests.clock import HandClock


@pytest.fixture
async def street(tmp_path: Path, clock: HandClock) -> AsyncIterator[Sandbox]:
    sandbox = await Sandbox.start(tmp_path, apps={"demo": "com.demo"}, clock=clock)
    yield sandbox
    await sandbox.stop()


@pytest.fixture
async def apple(street: Sandbox, clock: HandClock) -> AsyncIterator[ApnsGateway]:
    gateway = ApnsGateway(
        ApnsAccount(
            {"demo": "com.demo"},
            SigningKey(street.p8_file.read_text(), street.key_id, street.team_id),
        ),
        urls=dict.fromkeys(Environment, street.apns_url),
        ca_file=street.ca_file,
        clock=clock,
    )
    yield gateway
    await gateway.close()


@pytest.fixture
async def google(street: Sandbox, clock: HandClock) -> AsyncIterator[FcmGateway]:
    account = FcmAccount(street.project_id, street.service_account_file.read_text())
    gateway = FcmGateway(
        account,
        url=street.fcm_url,
        clock=clock,
        deadlines=Deadlines(send=timedelta(seconds=1.5)),
    )
    yield gateway
    await gateway.close()
