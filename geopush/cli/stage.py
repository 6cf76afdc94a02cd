"""The sandbox around a service: stand-ins, a key for each role, sandbox.json."""

import json
import os
from collections.abc import Mapping
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path

from msgspec.structs import replace

from geopush.app import Running
from geopush.clock import Clock
from geopush.core.access import Role
from geopush.errors import SettingsError
from geopush.flows.keys import KeyAsked, create_key
from geopush.sandbox import Sandbox
from geopush.settings import Settings

LOOPBACK = ("127.0.0.1", "::1", "localhost")


async def start_sandbox(
    settings: Settings, clock: Clock, stack: AsyncExitStack
) -> tuple[Sandbox, Settings]:
    """Start the stand-ins; return them and the settings that point at them."""
    if settings.host not in LOOPBACK:
        raise SettingsError("--sandbox serves on loopback only: GEOPUSH_HOST=127.0.0.1")
    settings.data.mkdir(parents=True, exist_ok=True)
    _told(settings).unlink(missing_ok=True)  # what an earlier one left tells lies
    topics = {app: f"com.example.{app}" for app in settings.app_names}
    street = await Sandbox.start(settings.data / "sandbox", apps=topics, clock=clock)
    stack.push_async_callback(street.stop)
    return street, replace(
        settings,
        apns_key=street.p8_file.read_text(),
        apns_key_id=street.key_id,
        apns_team_id=street.team_id,
        apns_topic=",".join(f"{app}={topic}" for app, topic in topics.items()),
        apns_url=street.apns_url,
        apns_ca=str(street.ca_file),
        fcm_service_account=street.service_account_file.read_text(),
        fcm_project=street.project_id,
        fcm_url=street.fcm_url,
    )


async def make_keys(house: Running, now: datetime) -> dict[str, str]:
    """Make one key for each role, and wait until they are in force."""
    keys = {}
    revision = 0
    for role in Role:
        asked = KeyAsked(role, f"sandbox {role}")
        made = await create_key(house.pool, asked, now=now)
        keys[role.value], revision = made.key, made.revision
    await house.refresh.reached(revision)
    return keys


def announce(
    settings: Settings,
    base_url: str,
    street: Sandbox,
    house: Running,
    keys: Mapping[str, str],
) -> Path:
    """Write sandbox.json, whole or not at all, for its owner only."""
    app = settings.app_names[0]
    facts = {
        "base_url": base_url,
        "console_url": None,
        "inbox_url": street.inbox_url,
        "apns_url": street.apns_url,
        "fcm_url": street.fcm_url,
        "weather_url": street.weather_url,
        "clock_url": street.clock_url,
        "keys": dict(keys),
        "identity_secret": house.identities[app][0].decode(),
        "apps": list(settings.app_names),
    }
    path = _told(settings)
    draft = path.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
        json.dump(facts, file, indent=2)
    draft.replace(path)
    return path


def _told(settings: Settings) -> Path:
    return settings.data / "sandbox.json"
