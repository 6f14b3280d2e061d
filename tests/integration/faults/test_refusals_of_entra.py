"""Every refusal of the token endpoint that the contract names: the run says what it means.

The table was written from what each number means for an administrator, not from the product.
"""

import re
from datetime import UTC, datetime

from tests.integration.faults.outcomes import assert_same, assert_unchanged
from tests.integration.faults.twin import Twin
from tests.sites import Site

CERTIFICATE = "public_key.pem"
CONSENT = "grant admin consent"
CLOUD = "cloud"
APPLICATION = "Application (client) ID"

FINAL = {
    700027: ("certificate-not-registered", CERTIFICATE),
    7000274: ("certificate-not-registered", CERTIFICATE),
    700024: ("clock-wrong", "clock"),
    1000502: ("certificate-expired", "Generate a new key pair"),
    7000214: ("certificate-revoked", "Generate a new key pair"),
    7000277: ("certificate-revoked", "Generate a new key pair"),
    50012: ("certificate-not-registered", CERTIFICATE),
    50048: ("request-refused", "Subject and issuer"),
    700025: ("public-client", "public client"),
    700016: ("wrong-application", APPLICATION),
    700011: ("wrong-application", APPLICATION),
    70001: ("application-disabled", "disabled"),
    7000112: ("application-disabled", "disabled"),
    90002: ("wrong-directory", "Directory (tenant) ID"),
    90038: ("wrong-cloud", CLOUD),
    900382: ("wrong-cloud", CLOUD),
    900432: ("wrong-cloud", CLOUD),
    90051: ("wrong-cloud", CLOUD),
    90043: ("wrong-cloud", CLOUD),
    500011: ("wrong-cloud", CLOUD),
    50001: ("request-refused", "resource"),
    650057: ("request-refused", "resource"),
    70011: ("request-refused", "scope"),
    28002: ("request-refused", "scope"),
    700022: ("request-refused", "resource"),
    65001: ("consent-missing", CONSENT),
    65004: ("consent-missing", CONSENT),
    90094: ("consent-missing", CONSENT),
    90008: ("consent-missing", CONSENT),
    650056: ("consent-missing", CONSENT),
    50034: ("person-unknown", "not in this directory"),
    51004: ("person-unknown", "does not exist in this directory"),
    50020: ("person-unknown", "another directory"),
    16000: ("person-unknown", "not of this directory"),
    50014: ("person-unknown", "guest"),
    50105: ("person-not-assigned", "assign"),
    50057: ("person-disabled", "disabled"),
    50011: ("redirect-uri", "redirect URI"),
    50194: ("request-refused", "/common"),
    90130: ("request-refused", "/common"),
    90124: ("request-refused", "/common"),
    9001023: ("request-refused", "/common"),
    54005: ("request-refused", "code"),
    70000: ("request-refused", "grant"),
    70008: ("request-refused", "expired"),
    501481: ("request-refused", "code verifier"),
    700005: ("request-refused", "another directory"),
    53003: ("conditional-access", "Conditional Access"),
    530032: ("conditional-access", "Conditional Access"),
    53000: ("conditional-access", "Conditional Access"),
    53001: ("conditional-access", "Conditional Access"),
    53002: ("conditional-access", "Conditional Access"),
    53004: ("conditional-access", "Conditional Access"),
    7000215: ("client-secret", CERTIFICATE),
    7000222: ("client-secret", CERTIFICATE),
    7000218: ("client-secret", "neither"),
    70002: ("client-secret", CERTIFICATE),
}
"""Number -> our code, and words that the sentence must hold."""

PASSING = (50033, 90006, 90012, 90024, 90033, 90090, 90055, 50087)

IDS = re.compile(r"trace id [0-9a-f-]{36}, correlation id [0-9a-f-]{36}, \d{4}-\d\d-\d\d")


def test_each_refusal_fails_the_run_with_its_sentence_and_changes_nothing(twin: Twin) -> None:
    with twin.connected() as site:
        wrong = [why for number in FINAL if (why := _refused_wrongly(site, number))]

        assert_unchanged(site.tables(), twin.before)
        site.sync()
        assert_same(site.tables(), twin.first)
    assert not wrong, "\n".join(wrong)


def test_a_number_that_nobody_knows_is_shown_with_what_is_known(twin: Twin) -> None:
    with twin.connected() as site:
        error = _refused(site, 9876543)

    assert error["code"] == "request-refused"
    assert "AADSTS9876543" in error["message"]
    assert IDS.search(error["message"])


def test_each_refusal_that_passes_is_waited_out(twin: Twin) -> None:
    with twin.connected() as site:
        for number in PASSING:
            _forget_token(site)
            site.simulator.fault("aadsts", host="login", code=number, times=2)
            site.naps.slept.clear()

            run = site.sync()

            assert run.state == "applied"
            assert len(site.naps.slept) >= 2, number
        assert_same(site.tables(), twin.first)


def test_a_refusal_that_does_not_pass_ends_the_run_with_ids_to_ask_about(twin: Twin) -> None:
    with twin.connected() as site:
        error = _refused(site, 90033)
        assert_unchanged(site.tables(), twin.before)

    assert error["code"] == "sign-in-unavailable"
    assert "AADSTS90033" in error["message"]
    assert IDS.search(error["message"]), error["message"]


def test_a_busy_sign_in_service_is_left_alone_for_as_long_as_it_says(twin: Twin) -> None:
    with twin.connected() as site:
        site.simulator.fault("aadsts", host="login", code=90033, retry_after=30)

        site.sync()

    assert site.naps.slept[0] >= 30


def test_a_service_that_sees_a_loop_is_not_asked_again_in_this_run(twin: Twin) -> None:
    with twin.connected() as site:
        fault = site.simulator.fault("aadsts", host="login", code=50196, times=None)

        run = site.sync(expect="failed")

        assert site.simulator.hits(fault) == 1
        assert run.error is not None
        assert "too many identical requests" in run.error["message"]
        assert IDS.search(run.error["message"])
        assert_unchanged(site.tables(), twin.before)
        site.simulator.clear_faults()
        site.sync()
        assert_same(site.tables(), twin.first)


def _refused_wrongly(site: Site, number: int) -> str:
    code, words = FINAL[number]
    error = _refused(site, number)
    sentence = error["message"]
    good = (
        error["code"] == code
        and words.casefold() in sentence.casefold()
        and f"AADSTS{number}" in sentence
        and IDS.search(sentence)
    )
    return "" if good else f"{number}: {error}"


def _refused(site: Site, number: int) -> dict[str, str]:
    fault = site.simulator.fault("aadsts", host="login", code=number, times=None)
    run = site.sync(expect="failed")
    site.simulator.clear_faults(fault)
    assert run.error is not None
    return dict(run.error)


def _forget_token(site: Site) -> None:
    site.clock.forward(hours=2)
    ahead = site.clock() - datetime.now(UTC)
    site.simulator.set_clock(ahead.total_seconds())
