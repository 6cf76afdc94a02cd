"""The ways out: one gateway for each app and platform that the settings describe."""

from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

from geopush.clock import Clock
from geopush.core.message import Environment, Platform
from geopush.errors import SettingsError
from geopush.flows.deliver import Gateways
from geopush.push.apns import APPLE_URLS, ApnsGateway
from geopush.push.apns_token import ApnsAccount
from geopush.push.fcm import GOOGLE_URL, FcmGateway
from geopush.push.fcm_token import FcmAccount
from geopush.settings import Settings


def open_gateways(settings: Settings, clock: Clock, stack: AsyncExitStack) -> Gateways:
    """The gateways of each app that the settings describe."""
    gateways: dict[tuple[str, Platform], ApnsGateway | FcmGateway] = {}
    for app, topic in _topics(settings).items():
        gateways[app, Platform.IOS] = _apns(settings, topic, clock)
    if settings.fcm_service_account is not None:
        fcm = _fcm(settings, settings.fcm_service_account, clock)
        gateways |= {(app, Platform.ANDROID): fcm for app in settings.app_names}
    for gateway in set(gateways.values()):
        stack.push_async_callback(gateway.close)
    return gateways


def _topics(settings: Settings) -> dict[str, str]:
    """The APNs topic of each app: one for all, or app=topic for each."""
    if settings.apns_key is None or settings.apns_topic is None:
        return {}
    named = dict(
        part.strip().split("=", 1)
        for part in settings.apns_topic.split(",")
        if "=" in part
    )
    if not named:
        return dict.fromkeys(settings.app_names, settings.apns_topic)
    return {app: named[app] for app in settings.app_names if app in named}


def _apns(settings: Settings, topic: str, clock: Clock) -> ApnsGateway:
    if not (settings.apns_key and settings.apns_key_id and settings.apns_team_id):
        raise SettingsError(
            "GEOPUSH_APNS_KEY needs GEOPUSH_APNS_KEY_ID and GEOPUSH_APNS_TEAM_ID"
        )
    url = settings.apns_url
    return ApnsGateway(
        ApnsAccount(
            topic=topic,
            key=settings.apns_key,
            key_id=settings.apns_key_id,
            team_id=settings.apns_team_id,
        ),
        urls=APPLE_URLS if url is None else dict.fromkeys(Environment, url),
        ca_file=None if settings.apns_ca is None else Path(settings.apns_ca),
        clock=clock,
        deadline=timedelta(seconds=settings.send_seconds),
    )


def _fcm(settings: Settings, service_account: str, clock: Clock) -> FcmGateway:
    if settings.fcm_project is None:
        raise SettingsError("GEOPUSH_FCM_SERVICE_ACCOUNT needs GEOPUSH_FCM_PROJECT")
    return FcmGateway(
        FcmAccount(project_id=settings.fcm_project, service_account=service_account),
        url=settings.fcm_url or GOOGLE_URL,
        clock=clock,
        deadline=timedelta(seconds=settings.send_seconds),
    )
