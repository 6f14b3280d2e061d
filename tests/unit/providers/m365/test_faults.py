"""The tables of Microsoft's codes are whole, and each sentence is one for people."""

import pytest

from rollcall.providers.m365.faults import (
    ENTRA,
    ENTRA_ERRORS,
    ITEM_GONE,
    LOOPING,
    MAILBOXES,
    NEW_KEY_HELPS,
    START_OVER,
    Fault,
    Remedy,
)

PASSING = {50033, 90006, 90012, 90024, 90033, 90090, 90055, 50087, 50196}
OURS = {
    *(50048, 50001, 650057, 70011, 28002, 700022, 50194, 90130, 90124, 9001023),
    *(54005, 70000, 70008, 501481, 700005),
}
ADMINISTRATORS = {
    *(700027, 7000274, 700024, 1000502, 7000214, 7000277, 50012, 700025, 700016, 700011),
    *(70001, 7000112, 90002, 90038, 900382, 900432, 90051, 90043, 500011),
    *(65001, 65004, 90094, 90008, 650056, 50034, 51004, 50020, 16000, 50014, 50105, 50057),
    *(50011, 53003, 530032, 53000, 53001, 53002, 53003, 53004),
    *(7000215, 7000222, 7000218, 70002),
}
"""The rows of contract a.6, by who can mend them."""

FAULTS = {**{str(number): fault for number, fault in ENTRA.items()}, **ENTRA_ERRORS}


@pytest.mark.parametrize(
    ("numbers", "remedy"),
    [
        (PASSING, Remedy.NOBODY),
        (OURS, Remedy.US),
        (ADMINISTRATORS, Remedy.ADMINISTRATOR),
    ],
)
def test_each_number_of_the_contract_is_mended_by_the_right_people(
    numbers: set[int], remedy: Remedy
) -> None:
    assert {number for number in numbers if ENTRA[number].remedy is not remedy} == set()


@pytest.mark.parametrize("name", FAULTS)
def test_each_sentence_is_one_and_an_administrator_is_sent_to_a_page(name: str) -> None:
    fault: Fault = FAULTS[name]

    assert fault.sentence[0].isupper()
    assert fault.sentence.endswith(".")
    assert fault.code == fault.code.lower()
    assert fault.page.startswith("errors/") or fault.remedy is Remedy.NOBODY


def test_the_refusals_for_which_another_key_is_tried_are_those_of_the_contract() -> None:
    reloads = {700027, 700024, 7000214, 1000502, 7000274, 7000277}

    assert reloads <= NEW_KEY_HELPS
    assert all(ENTRA[number].remedy is Remedy.ADMINISTRATOR for number in NEW_KEY_HELPS)


def test_a_loop_that_microsoft_saw_is_no_ordinary_passing_refusal() -> None:
    assert [number for number, fault in ENTRA.items() if fault is LOOPING] == [50196]


def test_codes_are_compared_in_lower_case_so_the_tables_are_in_lower_case() -> None:
    codes = {*MAILBOXES, *ITEM_GONE, *START_OVER}

    assert codes == {code.casefold() for code in codes}
    assert {"syncstatenotfound", "resyncrequired", "syncstateinvalid"} <= START_OVER


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("MailboxNotEnabledForRESTAPI", "no-mailbox"),
        ("MailboxNotHostedInExchangeOnline", "no-mailbox"),
        ("ErrorNonExistentMailbox", "no-mailbox"),
        ("ErrorInvalidUser", "no-mailbox"),
        ("ResourceNotFound", "no-mailbox"),
        ("ErrorAccessDenied", "not-permitted"),
        ("extensionError", "no-mailbox"),
    ],
)
def test_a_mailboxs_refusal_says_that_there_is_none_or_that_it_is_hidden(
    code: str, status: str
) -> None:
    assert MAILBOXES[code.casefold()].status == status
