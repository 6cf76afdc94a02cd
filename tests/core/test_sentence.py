"""Reasons in words: every one of them, in every language."""

import pytest

from geopush.core.decision import Gate, Reason, Verdict
from geopush.core.sentence import SENTENCES, Tongue, in_words


@pytest.mark.parametrize("tongue", Tongue)
def test_every_reason_has_a_sentence_of_its_own(tongue: Tongue) -> None:
    said = [in_words(Verdict.WITHHELD, reason, (), tongue) for reason in Reason]
    assert len(set(said)) == len(Reason)
    assert all(one.endswith(".") and not set(one) & set("{}_") for one in said)


@pytest.mark.parametrize("reason", Reason)
def test_a_sentence_is_another_in_each_language(reason: Reason) -> None:
    assert len({SENTENCES[tongue][reason] for tongue in Tongue}) == len(Tongue)


@pytest.mark.parametrize("tongue", Tongue)
@pytest.mark.parametrize("reason", Reason)
def test_a_sentence_tells_what_the_gate_saw_or_leaves_it(
    reason: Reason, tongue: Tongue
) -> None:
    for value, wanted in ((1.5, "b"), (None, "b"), (1.5, None), ((), ()), (None, None)):
        said = in_words(
            Verdict.WITHHELD, reason, [Gate("any", value, wanted, reason)], tongue
        )
        assert not set("{}") & set(said)
        assert "None" not in said


@pytest.mark.parametrize(
    ("tongue", "said"),
    [
        (Tongue.EN, "Not sent: there was enough of it already: 2 of 2 messages."),
        (Tongue.NL, "Niet verstuurd: er was al genoeg van: 2 van 2 berichten."),
        (Tongue.DE, "Nicht gesendet: es gab schon genug davon: 2 von 2 Nachrichten."),
    ],
)
def test_a_cap_says_how_many_there_were(tongue: Tongue, said: str) -> None:
    trace = [Gate("push_consent", True), Gate("cap_offer", 2, 2, Reason.CAPPED)]
    assert in_words(Verdict.WITHHELD, Reason.CAPPED, trace, tongue) == said


def test_a_gate_that_opened_tells_no_detail() -> None:
    trace = [Gate("address", True, True)]
    assert in_words(Verdict.DECIDED, Reason.DECIDED, trace, Tongue.EN) == (
        "Sent, as every gate was open."
    )


def test_what_is_deferred_is_not_told_as_not_sent() -> None:
    said = [
        in_words(Verdict.DEFERRED, Reason.QUIET_HOURS, (), tongue) for tongue in Tongue
    ]
    assert said[0].startswith("Waits until the quiet hours end")
    assert len(set(said)) == len(Tongue)
