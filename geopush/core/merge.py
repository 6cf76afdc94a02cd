"""Customers who turn out to be one, devices that change hands, and starting over.

Nothing here resets a cap: tallies add up when customers merge, and go along when
somebody logs out.
"""

from collections.abc import Mapping

from msgspec.structs import replace

from geopush.core.cap import Tally
from geopush.core.customer import Preferences, stricter
from geopush.core.known import Known, Profile, State
from geopush.core.ping import CustomerKey, DeviceId
from geopush.core.receipt import MOST_REPORTS, Report
from geopush.core.suppression import Stop, merged, passed_on

UNBORN = -1  # the version of a row that is not written yet


def nobody(customer: CustomerKey, stop: Stop | None = None) -> Known:
    """Return the row of a customer of whom nothing is known yet, or only a stop."""
    return Known(customer, UNBORN, State(), Profile(stop=stop))


def merge(named: Known, anonymous: Known) -> Known:
    """Return the named customer after an anonymous one turned out to be them.

    Of what both said, what keeps us quieter holds; of what both are, the named one's.
    """
    return Known(
        customer=named.customer,
        version=named.version,
        state=_merge_states(named.state, anonymous.state),
        profile=_merge_profiles(named.profile, anonymous.profile),
    )


def leave(known: Known, device_id: DeviceId) -> Known:
    """Return a customer without a device: where it was is not theirs any more."""
    devices = {key: one for key, one in known.state.devices.items() if key != device_id}
    said = {key: one for key, one in known.profile.devices.items() if key != device_id}
    return replace(
        known,
        state=replace(known.state, devices=devices),
        profile=replace(known.profile, devices=said),
    )


def start_over(customer: CustomerKey, before: Known) -> Known:
    """Return who a device belongs to once its customer logged out.

    They have the same tallies, and a stop holds for them too.
    """
    state = State(tallies=before.state.tallies, now=before.state.now)
    return Known(customer, UNBORN, state, Profile(stop=passed_on(before.profile.stop)))


def without_address(known: Known, device_id: DeviceId) -> Known:
    """Return a customer one of whose devices cannot be reached any more."""
    profile = known.profile
    if device_id not in profile.devices:
        return known
    unreachable = replace(profile.devices[device_id], has_address=False)
    devices = {**profile.devices, device_id: unreachable}
    return replace(known, profile=replace(profile, devices=devices))


def revised(before: Profile, after: Profile) -> Profile:
    """Return a profile with its changes counted."""
    if after == before:
        return before
    return replace(after, revision=before.revision + 1)


def _merge_states(named: State, anonymous: State) -> State:
    moments = [one.now for one in (named, anonymous) if one.now is not None]
    return State(
        devices={**named.devices, **anonymous.devices},
        tallies=_add_up(named.tallies, anonymous.tallies),
        now=max(moments, default=None),
        reports=_report_together(named.reports, anonymous.reports),
        deferred=named.deferred,  # what an anonymous customer waits for is over
    )


def _report_together(
    one: tuple[Report, ...], other: tuple[Report, ...]
) -> tuple[Report, ...]:
    return tuple(sorted({*one, *other}, key=lambda report: report.at))[-MOST_REPORTS:]


def _add_up(one: tuple[Tally, ...], other: tuple[Tally, ...]) -> tuple[Tally, ...]:
    """Each message once: who logged out and in again brings tallies known before."""
    by_message = {tally.message_id: tally for tally in (*one, *other)}
    return tuple(
        sorted(by_message.values(), key=lambda tally: (tally.at, tally.message_id))
    )


def _merge_profiles(named: Profile, anonymous: Profile) -> Profile:
    return Profile(
        consents=stricter(named.consents, anonymous.consents),
        preferences=_merge_preferences(named.preferences, anonymous.preferences),
        attributes={**anonymous.attributes, **named.attributes},
        devices={**named.devices, **anonymous.devices},
        identified=True,
        test=named.test or anonymous.test,
        revision=named.revision,
        stop=merged(named.stop, anonymous.stop),
    )


def _merge_preferences(named: Preferences, anonymous: Preferences) -> Preferences:
    pauses = [one.paused_until for one in (named, anonymous) if one.paused_until]
    return Preferences(
        topics=_merge_topics(named.topics, anonymous.topics),
        max_messages=named.max_messages or anonymous.max_messages,
        quiet_hours=named.quiet_hours or anonymous.quiet_hours,
        paused_until=max(pauses, default=None),
        muted_zones=tuple(dict.fromkeys((*named.muted_zones, *anonymous.muted_zones))),
    )


def _merge_topics(
    named: Mapping[str, bool], anonymous: Mapping[str, bool]
) -> dict[str, bool]:
    """A topic that either of them does not want is not wanted."""
    return {
        topic: named.get(topic, True) and anonymous.get(topic, True)
        for topic in (*named, *(one for one in anonymous if one not in named))
    }
