"""The second factor: demanded of administrators, each code once, and nothing before it."""

import pyotp
import pytest
from django.test import Client

from rollcall.accounts.factor_operations import factor_of_account
from rollcall.wiring.machine import Machine
from tests.integration.portal.arrival import (
    EMAIL,
    SECRET,
    audited,
    cookie_of,
    give_device,
    hidden_value,
    is_in,
    new_account,
    new_tenant,
    next_in,
    present_code,
    secret_in,
    sign_in_by,
)
from tests.integration.portal.conftest import make_client

ASKED = "/sign-in/second-factor"
SET_UP = "/sign-in/second-factor/set-up"


@pytest.mark.parametrize("role", ["system", "administrator"])
def test_an_administrator_sets_up_a_device_before_anything_else(
    nobody: Client, conninfo: str, role: str
) -> None:
    account = new_account(role, new_tenant().id if role == "administrator" else None)

    location = sign_in_by(nobody, at="/sign-in?next=/account/")
    before = cookie_of(nobody)

    assert location == f"{SET_UP}?next=%2Faccount%2F"
    assert not is_in(nobody), "nothing opens before the second factor"
    assert nobody.get(ASKED)["Location"] == SET_UP
    page = nobody.get(location).content.decode()
    assert "<svg" in page
    assert " style=" not in page
    secret, device = secret_in(page), hidden_value(page, "device")
    wrong = nobody.post(SET_UP, {"device": device, "code": "000000"}).content.decode()
    assert "This code is not the one of now" in wrong
    assert secret_in(wrong) == secret, "the picture stays while somebody types"
    code = pyotp.TOTP(secret).now()
    given = {"device": device, "code": f"{code[:3]} {code[3:]}", "next": "/account/"}
    codes = nobody.post(SET_UP, given).content.decode()
    assert codes.count("<li><code>") == 10
    assert 'href="/account/"' in codes
    assert is_in(nobody)
    assert cookie_of(nobody) != before
    assert factor_of_account(account).on
    assert len(audited(conninfo, "account.second_factor_set_up")) == 1
    assert secret not in str(audited(conninfo, "account.second_factor_set_up"))


def test_a_code_is_asked_and_works_once(nobody: Client, machine: Machine) -> None:
    give_device(machine, new_account("system"))
    assert next_in(sign_in_by(nobody, at="/sign-in?next=/account/")) == "/account/"
    assert sign_in_by(nobody) == ASKED
    assert not is_in(nobody)
    assert nobody.get(SET_UP)["Location"] == ASKED, "no other device without a code of this one"
    code = present_code()

    assert "This code is not right" in nobody.post(ASKED, {"code": "123"}).content.decode()
    assert nobody.post(ASKED, {"code": code})["Location"] == "/"
    assert is_in(nobody)
    other = make_client(machine)
    sign_in_by(other)
    assert "This code is not right" in other.post(ASKED, {"code": code}).content.decode()
    assert not is_in(other)


def test_the_step_in_between_knows_no_other_account_and_no_old_session(
    nobody: Client, machine: Machine
) -> None:
    give_device(machine, new_account("system"))

    assert nobody.get(ASKED)["Location"] == "/sign-in"
    assert nobody.post(ASKED, {"code": present_code()})["Location"] == "/sign-in"
    assert nobody.get(SET_UP)["Location"] == "/sign-in"
    sign_in_by(nobody)
    unproven = cookie_of(nobody)
    nobody.post(ASKED, {"code": present_code()})
    assert nobody.get(ASKED)["Location"] == "/"
    nobody.cookies["__Host-session"] = unproven
    assert not is_in(nobody)


def test_a_device_of_another_account_is_not_taken(nobody: Client, machine: Machine) -> None:
    new_account("system", email="mallory@rollcall.example")
    victim = new_account("system")
    mallory = make_client(machine)
    sign_in_by(mallory, "mallory@rollcall.example")
    page = mallory.get(SET_UP).content.decode()
    sign_in_by(nobody)

    given = {"device": hidden_value(page, "device"), "code": pyotp.TOTP(secret_in(page)).now()}
    answer = nobody.post(SET_UP, given).content.decode()

    assert "too old" in answer
    assert secret_in(answer) != secret_in(page)
    assert not factor_of_account(victim).on


def test_a_recovery_code_works_once_however_it_is_typed(
    nobody: Client, machine: Machine, conninfo: str
) -> None:
    account = new_account("system")
    codes = give_device(machine, account)
    typed = codes[3].upper().replace("-", " ")
    sign_in_by(nobody)

    assert nobody.post(ASKED, {"code": typed})["Location"] == "/"
    assert factor_of_account(account).recovery_codes == 9
    again = make_client(machine)
    sign_in_by(again)
    again.post(ASKED, {"code": codes[3]})
    assert not is_in(again)
    assert audited(conninfo, "account.recovery_code_used") == [(None, EMAIL, {"left": 9})]
    assert codes[3] not in str(audited(conninfo, "account.recovery_code_used"))


def test_codes_cannot_be_guessed_and_the_owners_browser_is_not_locked_out(
    nobody: Client, machine: Machine, conninfo: str
) -> None:
    give_device(machine, new_account("system"))
    sign_in_by(nobody)
    nobody.post(ASKED, {"code": present_code()})
    assert is_in(nobody)
    thief = make_client(machine, REMOTE_ADDR="203.0.113.7")
    sign_in_by(thief)

    answers = [thief.post(ASKED, {"code": f"00000{each % 10}"}) for each in range(11)]

    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert "too many attempts" in answers[-1].content.decode()
    right = thief.post(ASKED, {"code": pyotp.TOTP(SECRET).now()})
    assert right.status_code == 429
    assert not is_in(thief)
    nobody.post("/sign-out")
    sign_in_by(nobody)
    owner = nobody.post(ASKED, {"code": "000000"})
    assert owner.status_code == 200, "counted apart"
    refused = audited(conninfo, "sign_in.refused")
    assert [detail["reason"] for _, _, detail in refused] == ["second-factor"] * 11
