"""The ways out: one gateway for each app and platform that the settings describe."""

from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

from geopush.clock import Clock
from geopush.core.message import Environment, Platform
from geopush.errors import SettingsError
from geopush.flows.deliver import Gateways
from geopush.push.apns import APPLE_URLS, ApnsAccount, ApnsGateway
from geopush.push.apns_certificate import ClientCertificate
from geopush.push.apns_token import SigningKey
from geopush.push.fcm import GOOGLE_URL, FcmGateway
from geopush.push.fcm_token import FcmAccount
from geopush.push.gateway import Deadlines
from geopush.settings import Settings


def open_gateways(settings: Settings, clock: Clock, stack: AsyncExitStack) -> Gateways:
    """The gateways of each app that the settings describe."""
    gateways: dict[tuple[str, Platform], ApnsGateway | FcmGateway] = {}
    topics, credential = _topics(settings), _credential(settings)
    if topics and credential is not None:
        # One for all apps: Apple wants one provider token of a team, not one each.
        apns = _apns(settings, ApnsAccount(topics, credential), clock)
        gateways |= {(app, Platform.IOS): apns for app in topics}
    if settings.fcm_service_account is not None:
        fcm = _fcm(settings, settings.fcm_service_account, clock)
        gateways |= {(app, Platform.ANDROID): fcm for app in settings.app_names}
    for gateway in set(gateways.values()):
        stack.push_async_callback(gateway.close)
    return gateways


def _topics(settings: Settings) -> dict[str, str]:
    """The APNs topic of each app: one for all, or app=topic for each."""
    if settings.apns_topic is None:
        return {}
    named = dict(
        part.strip().split("=", 1)
        for part in settings.apns_topic.split(",")
        if "=" in part
    )
    if not named:
        return dict.fromkeys(settings.app_names, settings.apns_topic)
    return {app: named[app] for app in settings.app_names if app in named}


def _credential(settings: Settings) -> SigningKey | ClientCertificate | None:
    if settings.apns_key is None:
        pem = settings.apns_certificate
        return None if pem is None else ClientCertificate(pem)
    if settings.apns_certificate is not None:
        raise SettingsError(
            "set GEOPUSH_APNS_KEY or GEOPUSH_APNS_CERTIFICATE, not both"
        )
    if not (settings.apns_key_id and settings.apns_team_id):
        raise SettingsError(
            "GEOPUSH_APNS_KEY needs GEOPUSH_APNS_KEY_ID and GEOPUSH_APNS_TEAM_ID"
        )
    return SigningKey(settings.apns_key, settings.apns_key_id, settings.apns_team_id)


def _deadlines(settings: Settings) -> Deadlines:
    return Deadlines(
        connect=timedelta(seconds=settings.connect_seconds),
        send=timedelta(seconds=settings.send_seconds),
    )


def _apns(settings: Settings, account: ApnsAccount, clock: Clock) -> ApnsGateway:
    url = settings.apns_url
    return ApnsGateway(
        account,
        urls=APPLE_URLS if url is None else dict.fromkeys(Environment, url),
        ca_file=None if settings.apns_ca is None else Path(settings.apns_ca),
        clock=clock,
        deadlines=_deadlines(settings),
    )


def _fcm(settings: Settings, service_account: str, clock: Clock) -> FcmGateway:
    if settings.fcm_project is None:
        raise SettingsError("GEOPUSH_FCM_SERVICE_ACCOUNT needs GEOPUSH_FCM_PROJECT")
    return FcmGateway(
        FcmAccount(project_id=settings.fcm_project, service_account=service_account),
        url=settings.fcm_url or GOOGLE_URL,
        clock=clock,
        deadlines=_deadlines(settings),
    )
