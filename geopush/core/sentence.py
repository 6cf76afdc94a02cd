"""Decisions in words for people: one table of sentences per language."""

from collections.abc import Mapping, Sequence
from enum import StrEnum, auto

from geopush.core.decision import Gate, Reason, Verdict
from geopush.core.filter import written


class Tongue(StrEnum):
    """A language that sentences are there in."""

    EN = auto()
    NL = auto()
    DE = auto()


def in_words(
    verdict: Verdict, reason: Reason, trace: Sequence[Gate], tongue: Tongue
) -> str:
    """Say why a candidate ended as it did, with the numbers of the gate if it has any.

    A detail is said only where the gate saw all that it tells of.
    """
    if verdict is Verdict.DEFERRED:
        return f"{_DEFERRED[tongue]}."
    said = SENTENCES[tongue][reason]
    shut = trace[-1] if trace and trace[-1].reason is reason else None
    detail = _DETAILS[tongue].get(reason)
    if shut is None or detail is None:
        return f"{said}."
    seen = {"value": shut.value, "wanted": shut.threshold}
    if any(f"{{{name}}}" in detail and one is None for name, one in seen.items()):
        return f"{said}."
    return f"{said}: {_filled(detail, shut)}."


def _filled(detail: str, gate: Gate) -> str:
    none = "–"  # an empty list is a value too
    return detail.format(
        value=written(gate.value) or none, wanted=written(gate.threshold) or none
    )


_ENGLISH: dict[Reason, str] = {
    Reason.DECIDED: "Sent, as every gate was open",
    Reason.SHADOW: "Would have been sent, but the offer only runs in shadow",
    Reason.HOLDOUT: "Would have been sent, but the customer is held out for comparison",
    Reason.STOPPED_BY_CUSTOMER: "Not sent: the customer asked for nothing ever again",
    Reason.LOCATION_NOT_PERMITTED: "Not sent: no consent to using their location",
    Reason.NO_CONSENT: "Not sent: no consent to messages of this kind",
    Reason.EVENT_TOO_OLD: "Not sent: it happened too long ago",
    Reason.OTHER_APP: "Not sent: the offer is for another app",
    Reason.ZONE_MUTED: "Not sent: the zone is muted",
    Reason.TOPIC_NOT_CHOSEN: "Not sent: none of the offer's topics was chosen",
    Reason.NOT_IN_AUDIENCE: "Not sent: the customer is not in the offer's audience",
    Reason.NOT_RUNNING: "Not sent: the offer does not run at this hour",
    Reason.WEATHER_UNKNOWN: "Not sent: no weather is known near there",
    Reason.WEATHER_STALE: "Not sent: the last known weather is too old",
    Reason.CONDITION_UNKNOWN: "Not sent: something the conditions ask for is not known",
    Reason.CONDITIONS_DIFFER: "Not sent: the conditions do not hold",
    Reason.STOPPED: "Not sent: what ends the offer for the customer has happened",
    Reason.PAUSED_BY_CUSTOMER: "Not sent: the customer paused all messages",
    Reason.MUTED_BY_CUSTOMER: "Not sent: the customer muted this zone",
    Reason.QUIET_HOURS: "Not sent: these are the customer's quiet hours",
    Reason.CUSTOMER_LIMIT: "Not sent: the customer wants no more for now",
    Reason.CAPPED: "Not sent: there was enough of it already",
    Reason.CONTACT_LOCK: "Not sent: another tool has just written to the customer",
    Reason.NO_ADDRESS: "Not sent: no push address is known for the device",
    Reason.MISSING_VALUE: "Not sent: a value that the words need is missing",
    Reason.TOO_LONG: "Not sent: the words are too long for a push",
    Reason.OUTRANKED: "Not sent: something better was sent instead",
    Reason.LEFT_ZONE: "Not sent: the customer was gone when the quiet hours ended",
    Reason.ZONE_GONE: "Not sent: the zone was removed in the meantime",
    Reason.OFFER_NOT_LIVE: "Not sent: the offer ended in the meantime",
    Reason.CUSTOMER_GONE: "Not sent: the customer is no longer known",
}

_DUTCH: dict[Reason, str] = {
    Reason.DECIDED: "Verstuurd, want elke poort was open",
    Reason.SHADOW: "Zou verstuurd zijn, maar de aanbieding draait alleen mee",
    Reason.HOLDOUT: "Zou verstuurd zijn, maar de klant zit in de controlegroep",
    Reason.STOPPED_BY_CUSTOMER: "Niet verstuurd: de klant wil nooit meer iets",
    Reason.LOCATION_NOT_PERMITTED: "Niet verstuurd: geen toestemming voor de locatie",
    Reason.NO_CONSENT: "Niet verstuurd: geen toestemming voor zulke berichten",
    Reason.EVENT_TOO_OLD: "Niet verstuurd: het is te lang geleden gebeurd",
    Reason.OTHER_APP: "Niet verstuurd: de aanbieding is voor een andere app",
    Reason.ZONE_MUTED: "Niet verstuurd: de zone is stilgezet",
    Reason.TOPIC_NOT_CHOSEN: "Niet verstuurd: geen van de onderwerpen is gekozen",
    Reason.NOT_IN_AUDIENCE: "Niet verstuurd: de klant hoort niet bij de doelgroep",
    Reason.NOT_RUNNING: "Niet verstuurd: de aanbieding loopt niet op dit uur",
    Reason.WEATHER_UNKNOWN: "Niet verstuurd: het weer daar is niet bekend",
    Reason.WEATHER_STALE: "Niet verstuurd: het laatst bekende weer is te oud",
    Reason.CONDITION_UNKNOWN: "Niet verstuurd: een gevraagd gegeven is niet bekend",
    Reason.CONDITIONS_DIFFER: "Niet verstuurd: aan de voorwaarden is niet voldaan",
    Reason.STOPPED: "Niet verstuurd: wat de aanbieding voor de klant stopt, is gebeurd",
    Reason.PAUSED_BY_CUSTOMER: "Niet verstuurd: de klant heeft alles gepauzeerd",
    Reason.MUTED_BY_CUSTOMER: "Niet verstuurd: de klant heeft deze zone stilgezet",
    Reason.QUIET_HOURS: "Niet verstuurd: de klant wil nu rust",
    Reason.CUSTOMER_LIMIT: "Niet verstuurd: de klant wil voorlopig niet meer",
    Reason.CAPPED: "Niet verstuurd: er was al genoeg van",
    Reason.CONTACT_LOCK: "Niet verstuurd: de klant kreeg net iets langs een andere weg",
    Reason.NO_ADDRESS: "Niet verstuurd: het toestel heeft geen pushadres",
    Reason.MISSING_VALUE: "Niet verstuurd: de tekst mist een gegeven",
    Reason.TOO_LONG: "Niet verstuurd: de tekst is te lang voor een pushbericht",
    Reason.OUTRANKED: "Niet verstuurd: er ging iets beters voor",
    Reason.LEFT_ZONE: "Niet verstuurd: na de rust was de klant er niet meer",
    Reason.ZONE_GONE: "Niet verstuurd: de zone is intussen verwijderd",
    Reason.OFFER_NOT_LIVE: "Niet verstuurd: de aanbieding is intussen voorbij",
    Reason.CUSTOMER_GONE: "Niet verstuurd: de klant is niet meer bekend",
}

_GERMAN: dict[Reason, str] = {
    Reason.DECIDED: "Gesendet, denn alle Tore waren offen",
    Reason.SHADOW: "Wäre gesendet worden, aber das Angebot läuft nur zur Probe",
    Reason.HOLDOUT: "Wäre gesendet worden, aber der Kunde ist in der Kontrollgruppe",
    Reason.STOPPED_BY_CUSTOMER: "Nicht gesendet: der Kunde möchte nie wieder etwas",
    Reason.LOCATION_NOT_PERMITTED: "Nicht gesendet: der Standort ist nicht freigegeben",
    Reason.NO_CONSENT: "Nicht gesendet: keine Einwilligung in solche Nachrichten",
    Reason.EVENT_TOO_OLD: "Nicht gesendet: es ist zu lange her",
    Reason.OTHER_APP: "Nicht gesendet: das Angebot gilt für eine andere App",
    Reason.ZONE_MUTED: "Nicht gesendet: die Zone ist stummgeschaltet",
    Reason.TOPIC_NOT_CHOSEN: "Nicht gesendet: keines der Themen wurde gewählt",
    Reason.NOT_IN_AUDIENCE: "Nicht gesendet: der Kunde gehört nicht zur Zielgruppe",
    Reason.NOT_RUNNING: "Nicht gesendet: das Angebot läuft zu dieser Stunde nicht",
    Reason.WEATHER_UNKNOWN: "Nicht gesendet: das Wetter dort ist nicht bekannt",
    Reason.WEATHER_STALE: "Nicht gesendet: das letzte bekannte Wetter ist zu alt",
    Reason.CONDITION_UNKNOWN: "Nicht gesendet: eine gefragte Angabe ist nicht bekannt",
    Reason.CONDITIONS_DIFFER: "Nicht gesendet: die Bedingungen sind nicht erfüllt",
    Reason.STOPPED: "Nicht gesendet: was das Angebot für den Kunden beendet, trat ein",
    Reason.PAUSED_BY_CUSTOMER: "Nicht gesendet: der Kunde hat alles pausiert",
    Reason.MUTED_BY_CUSTOMER: "Nicht gesendet: der Kunde hat die Zone stummgeschaltet",
    Reason.QUIET_HOURS: "Nicht gesendet: der Kunde möchte jetzt Ruhe",
    Reason.CUSTOMER_LIMIT: "Nicht gesendet: der Kunde möchte vorerst nicht mehr",
    Reason.CAPPED: "Nicht gesendet: es gab schon genug davon",
    Reason.CONTACT_LOCK: "Nicht gesendet: der Kunde bekam eben etwas auf anderem Weg",
    Reason.NO_ADDRESS: "Nicht gesendet: das Gerät hat keine Push-Adresse",
    Reason.MISSING_VALUE: "Nicht gesendet: dem Text fehlt eine Angabe",
    Reason.TOO_LONG: "Nicht gesendet: der Text ist zu lang für eine Nachricht",
    Reason.OUTRANKED: "Nicht gesendet: etwas Besseres ging vor",
    Reason.LEFT_ZONE: "Nicht gesendet: nach der Ruhezeit war der Kunde nicht mehr da",
    Reason.ZONE_GONE: "Nicht gesendet: die Zone wurde inzwischen entfernt",
    Reason.OFFER_NOT_LIVE: "Nicht gesendet: das Angebot ist inzwischen zu Ende",
    Reason.CUSTOMER_GONE: "Nicht gesendet: der Kunde ist nicht mehr bekannt",
}

SENTENCES: Mapping[Tongue, Mapping[Reason, str]] = {
    Tongue.EN: _ENGLISH,
    Tongue.NL: _DUTCH,
    Tongue.DE: _GERMAN,
}

_DEFERRED: Mapping[Tongue, str] = {
    Tongue.EN: "Waits until the quiet hours end, and is decided again then",
    Tongue.NL: "Wacht tot de rust voorbij is, en wordt dan opnieuw beslist",
    Tongue.DE: "Wartet das Ende der Ruhezeit ab, dann wird neu entschieden",
}

_DETAILS: Mapping[Tongue, Mapping[Reason, str]] = {
    Tongue.EN: {
        Reason.EVENT_TOO_OLD: "{value} seconds, at most {wanted}",
        Reason.OTHER_APP: "{value}, not {wanted}",
        Reason.ZONE_MUTED: "until {value}",
        Reason.TOPIC_NOT_CHOSEN: "{wanted} wanted, {value} chosen",
        Reason.CONDITION_UNKNOWN: "{wanted} asked",
        Reason.CONDITIONS_DIFFER: "{wanted} asked, {value} seen",
        Reason.STOPPED: "{value}",
        Reason.PAUSED_BY_CUSTOMER: "until {value}",
        Reason.CUSTOMER_LIMIT: "{value} of {wanted} messages",
        Reason.CAPPED: "{value} of {wanted} messages",
        Reason.MISSING_VALUE: "{value}",
        Reason.OUTRANKED: "{wanted}",
    },
    Tongue.NL: {
        Reason.EVENT_TOO_OLD: "{value} seconden, hoogstens {wanted}",
        Reason.OTHER_APP: "{value}, niet {wanted}",
        Reason.ZONE_MUTED: "tot {value}",
        Reason.TOPIC_NOT_CHOSEN: "{wanted} gevraagd, {value} gekozen",
        Reason.CONDITION_UNKNOWN: "{wanted} gevraagd",
        Reason.CONDITIONS_DIFFER: "{wanted} gevraagd, {value} gezien",
        Reason.STOPPED: "{value}",
        Reason.PAUSED_BY_CUSTOMER: "tot {value}",
        Reason.CUSTOMER_LIMIT: "{value} van {wanted} berichten",
        Reason.CAPPED: "{value} van {wanted} berichten",
        Reason.MISSING_VALUE: "{value}",
        Reason.OUTRANKED: "{wanted}",
    },
    Tongue.DE: {
        Reason.EVENT_TOO_OLD: "{value} Sekunden, höchstens {wanted}",
        Reason.OTHER_APP: "{value}, nicht {wanted}",
        Reason.ZONE_MUTED: "bis {value}",
        Reason.TOPIC_NOT_CHOSEN: "{wanted} gefragt, {value} gewählt",
        Reason.CONDITION_UNKNOWN: "{wanted} gefragt",
        Reason.CONDITIONS_DIFFER: "{wanted} gefragt, {value} gesehen",
        Reason.STOPPED: "{value}",
        Reason.PAUSED_BY_CUSTOMER: "bis {value}",
        Reason.CUSTOMER_LIMIT: "{value} von {wanted} Nachrichten",
        Reason.CAPPED: "{value} von {wanted} Nachrichten",
        Reason.MISSING_VALUE: "{value}",
        Reason.OUTRANKED: "{wanted}",
    },
}
