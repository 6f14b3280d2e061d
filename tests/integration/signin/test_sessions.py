"""Sessions that were begun with Microsoft: how they end when something takes the admission away."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import msgspec
import pytest
from django.db import connection

from rollcall.accounts.holders import Holder, holders_in
from rollcall.accounts.microsoft import (
    end_directory_session,
    enter_by_directory,
    forget_states,
    logout_hint_of,
    spend_state,
)
from rollcall.accounts.operations import NewAccount, add_account, disable_account
from rollcall.accounts.queries import find_account, get_account, has_account, list_accounts
from rollcall.accounts.session_life import SessionLife
from rollcall.accounts.sessions import find_session, list_sessions
from rollcall.core.errors import SetupError
from rollcall.core.policy import Stage
from rollcall.integrations.people_operations import separate_person
from rollcall.integrations.settling import settle_all, settle_sign_ins
from rollcall.integrations.sign_in import enforcing_tenants
from rollcall.service.scheduler import Scheduler
from rollcall.telephony.operations import add_extension, delete_extension, unlink_person
from rollcall.telephony.queries import get_key
from rollcall.wiring.machine import to_session_life, utc_now
from tests.integration.signin.company import Company
from tests.integration.signin.entering import (
    VISITOR,
    admission_of,
    enter,
    execute,
    extension_of,
    living,
    newcomer,
    rows,
)
from tests.simulator.control import op


@pytest.fixture
def person(company: Company) -> Iterator[str]:
    """Somebody whom no other test knows."""
    yield newcomer(company)
    company.select("all")
    company.list_administrators()


def test_a_first_sign_in_makes_an_account_that_has_no_password(
    company: Company, person: str
) -> None:
    entry = enter(company, person)
    tenant_id, key = company.site.tenant.id, extension_of(company, person)

    account = get_account(tenant_id, entry.account_id)
    assert (account.method, account.state, account.role) == ("microsoft", "active", "user")
    assert (account.name, account.extension_id) == (key.display_name, key.id)
    assert entry.proven
    identity = living(entry)
    assert identity is not None
    assert (identity.method, identity.extension_id) == ("microsoft", key.id)
    assert not rows(
        company, "SELECT 1 FROM accounts_credential WHERE account_id = %s", entry.account_id
    )
    [shown] = list_sessions(identity, now=utc_now())
    assert shown.method == "microsoft"


def test_no_address_finds_the_account_and_another_may_have_it(
    company: Company, person: str
) -> None:
    account_id, tenant_id = enter(company, person).account_id, company.site.tenant.id
    email = get_account(tenant_id, account_id).email

    assert not has_account(tenant_id, email)
    with pytest.raises(SetupError):
        find_account(tenant_id, email)
    local = add_account(
        NewAccount(email=email, role="administrator", tenant_id=tenant_id), actor="test"
    )
    assert find_account(tenant_id, email).id == local
    shown = list_accounts(tenant_id, search=email, limit=10)
    assert {each.id for each in shown} == {account_id, local}
    assert {each.method for each in shown} == {"microsoft", "password"}
    assert enter(company, person).account_id == account_id, "nothing is matched by mail"


def test_each_sign_in_takes_name_and_address_anew(company: Company, person: str) -> None:
    first = enter(company, person)
    company.site.directory.change(
        op(
            "update_user",
            user=person,
            set={"displayName": "Renamed Since", "mail": "since@x.example"},
        )
    )
    company.site.sync(Stage.USERS)

    second = enter(company, person)

    assert second.account_id == first.account_id
    account = get_account(company.site.tenant.id, first.account_id)
    assert (account.name, account.email) == ("Renamed Since", "since@x.example")


def test_many_first_sign_ins_at_once_make_one_account(company: Company, person: str) -> None:
    admission = admission_of(company, person)

    def come(number: int) -> int:
        try:
            return enter_by_directory(
                admission, visitor=VISITOR, session_id=str(number), logout_hint="", now=utc_now()
            ).account_id
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        accounts = list(pool.map(come, range(6)))

    assert len(set(accounts)) == 1
    count = "SELECT count(*) FROM accounts_session WHERE account_id = %s"
    assert rows(company, count, accounts[0]) == [(6,)]


def test_who_has_an_account_by_hand_uses_it_and_the_list_raises_it_for_the_session(
    company: Company, person: str
) -> None:
    tenant_id, key = company.site.tenant.id, extension_of(company, person)
    made = NewAccount(
        email=key.email or "by-hand@x.example",
        role="user",
        tenant_id=tenant_id,
        name="By Hand",
        extension_id=key.id,
    )
    by_hand = add_account(made, actor="test")
    chief = next(each for each in company.people if each.id == person)
    company.list_administrators(chief)

    entry = enter(company, person)

    assert entry.account_id == by_hand
    identity = living(entry)
    assert identity is not None
    assert (identity.role, identity.name) == ("administrator", "By Hand")
    assert get_account(tenant_id, by_hand).role == "user", "the account itself stays as it is"

    company.list_administrators()
    identity = living(entry)
    assert identity is not None
    assert identity.role == "user"


def test_what_an_account_was_given_by_hand_does_not_come_with_a_linked_extension(
    company: Company,
) -> None:
    """A run may link an extension by its mail address, which anybody in the directory may have."""
    tenant_id = company.site.tenant.id
    add_extension(
        tenant_id, number=7801, fields={"display_name": "Chief", "email": "chief@x.example"}
    )
    chief = NewAccount(
        email="chief@x.example",
        role="administrator",
        tenant_id=tenant_id,
        extension_id=get_key(tenant_id, 7801).id,
    )
    by_hand = add_account(chief, actor="test")
    company.site.set(link="link")
    try:
        attacker = newcomer(company, mail="chief@x.example")
    finally:
        company.site.set(link="ask")
    assert extension_of(company, attacker).number == 7801

    entry = enter(company, attacker)
    settle_sign_ins(tenant_id)

    assert entry.account_id == by_hand
    identity = living(entry)
    assert identity is not None
    assert identity.role == "user"
    assert get_account(tenant_id, by_hand).role == "administrator", "with its password it still is"


def test_an_account_goes_with_the_separation_and_the_extension_is_free_for_another(
    company: Company, person: str
) -> None:
    tenant_id, key = company.site.tenant.id, extension_of(company, person)
    entry = enter(company, person)

    separate_person(tenant_id, company.site.integration.id, person=person, actor="test")

    assert living(entry) is None
    with pytest.raises(SetupError):
        get_account(tenant_id, entry.account_id)
    new = NewAccount(email="heir@x.example", role="user", tenant_id=tenant_id, extension_id=key.id)
    assert add_account(new, actor="test")
    company.site.sync(Stage.USERS)
    again = enter(company, person)
    assert again.account_id != entry.account_id
    assert extension_of(company, person).id != key.id


@pytest.mark.parametrize("change", ["disable", "delete_user"])
def test_a_run_that_blocks_somebody_ends_the_session_with_the_next_request(
    company: Company, person: str, change: str
) -> None:
    entry, other = enter(company, person), enter(company, newcomer(company))
    assert living(entry) is not None

    company.site.directory.change(op(change, user=person))
    company.site.sync(Stage.USERS)

    assert living(entry) is None
    assert living(other) is not None


def test_a_deleted_or_separated_extension_ends_the_session(company: Company, person: str) -> None:
    tenant_id, key = company.site.tenant.id, extension_of(company, person)
    entry = enter(company, person)
    delete_extension(tenant_id, key.number, now=utc_now())
    assert living(entry) is None

    execute(company, "UPDATE telephony_extension SET deleted_at = NULL WHERE id = %s", key.id)
    assert living(entry) is not None
    unlink_person(tenant_id, key.id)
    assert living(entry) is None
    assert settle_sign_ins(tenant_id) == 2, "session and account, should it be linked again"


def test_an_extension_that_is_somebody_elses_by_now_has_none_of_the_sessions(
    company: Company, person: str
) -> None:
    entry, key = enter(company, person), extension_of(company, person)
    execute(
        company,
        "UPDATE telephony_extension SET directory_object_id = 'somebody-else' WHERE id = %s",
        key.id,
    )
    assert living(entry) is None


def people_of(company: Company, *ids: str):  # type: ignore[no-untyped-def]  # as the simulator has them
    return [each for each in company.people if each.id in ids]


def test_who_is_not_selected_any_more_is_signed_out_when_that_is_saved(
    company: Company, person: str
) -> None:
    stays = newcomer(company)
    entry, other = enter(company, person), enter(company, stays)

    company.select("only", *people_of(company, stays))

    assert living(entry) is None
    assert living(other) is not None
    company.select("except", *people_of(company, stays))
    assert living(other) is None
    assert living(entry) is None, "the session does not come back with the selection"


def test_switching_it_off_signs_out_all_but_the_administrators(
    company: Company, person: str
) -> None:
    chief = newcomer(company)
    company.list_administrators(*people_of(company, chief))
    entry, other = enter(company, person), enter(company, chief)
    company.site.set(sign_in=False)
    try:
        assert living(entry) is None
        found = living(other)
        assert found is not None
        assert found.role == "administrator"
        company.list_administrators()
        assert living(other) is None
    finally:
        company.site.set(sign_in=True)


def test_another_directory_has_nothing_of_this_ones_sessions(company: Company, person: str) -> None:
    entry = enter(company, person)
    execute(
        company,
        "UPDATE accounts_session SET directory_id = %s WHERE account_id = %s",
        "11111111-1111-4111-8111-111111111111",
        entry.account_id,
    )
    settle_sign_ins(company.site.tenant.id)
    assert living(entry) is None


def test_the_scheduler_makes_good_what_a_dead_process_left(
    company: Company, other: Company, person: str
) -> None:
    entry, elsewhere = enter(company, person), enter(other, other.people[0].id)
    execute(
        company,
        "UPDATE integrations_integration SET sign_in = false WHERE tenant_id = %s",
        company.site.tenant.id,
    )
    try:
        assert living(entry) is not None
        Scheduler(utc_now).sweep()
        assert living(entry) is None
        assert living(elsewhere) is not None
        assert settle_all(now=utc_now()) == 0, "there is nothing left to do"
    finally:
        company.site.set(sign_in=True)


def test_settling_takes_as_many_queries_for_many_people_as_for_one(company: Company) -> None:
    tenant_id = company.site.tenant.id

    def queries() -> int:
        with connection.execute_wrapper(counted):
            count.clear()
            settle_sign_ins(tenant_id)
        return len(count)

    count: list[str] = []

    def counted(execute, sql, params, many, context):  # type: ignore[no-untyped-def]  # Django's
        count.append(sql)
        return execute(sql, params, many, context)

    enter(company, newcomer(company))
    one = queries()
    for _ in range(3):
        enter(company, newcomer(company))
    assert queries() == one


def test_a_holder_is_listed_once_however_many_browsers(company: Company, person: str) -> None:
    entry = enter(company, person)
    enter(company, person)
    held: list[Holder] = holders_in([company.site.tenant.id])
    assert [each.object_id for each in held if each.account_id == entry.account_id] == [person]


def test_a_session_of_microsofts_ends_ours_and_nobody_elses(
    company: Company, other: Company, person: str
) -> None:
    mine, second = enter(company, person, session_id="s1"), enter(company, person, session_id="s2")
    theirs = enter(other, other.people[1].id, session_id="s1")

    assert end_directory_session(company.site.tenant.id, "s1") == 1
    assert living(mine) is None
    assert living(second) is not None
    assert living(theirs) is not None, "the same id in another tenant is another session"
    for guess in ("", "s3", "S2", "%"):
        assert end_directory_session(company.site.tenant.id, guess) == 0


def test_the_hint_for_sign_out_is_kept_sealed(company: Company, person: str) -> None:
    entry = enter(company, person, hint="O.CiRhYmM-a-hint")

    assert logout_hint_of(entry.token) == "O.CiRhYmM-a-hint"
    assert logout_hint_of("another token") == ""
    assert logout_hint_of(enter(company, person).token) == ""
    kept = rows(
        company,
        "SELECT count(*) FROM accounts_session s "
        "WHERE s::text LIKE '%%a-hint%%' OR hint_sealed = %s",
        b"O.CiRhYmM-a-hint",
    )
    assert kept == [(0,)]


def test_a_disabled_account_is_not_entered_whoever_admitted_it(
    company: Company, person: str
) -> None:
    admission = admission_of(company, person)
    entry = enter(company, person)
    disable_account(entry.account_id, actor="test", enforced=enforcing_tenants, now=utc_now())

    assert living(entry) is None
    with pytest.raises(SetupError) as caught:
        enter_by_directory(admission, visitor=VISITOR, session_id="", logout_hint="", now=utc_now())
    assert caught.value.code == "disabled"


def test_a_state_is_spent_once_however_many_try(company: Company) -> None:
    now = utc_now()

    def spend(_number: int) -> bool:
        try:
            return spend_state("a state", now=now)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(spend, range(8))) == [False] * 7 + [True]
    assert not spend_state("a state", now=now)
    assert spend_state("another", now=now)
    assert forget_states(now=now + timedelta(minutes=59)) == 0
    assert forget_states(now=now + timedelta(minutes=61)) == 2


def test_a_session_lives_as_long_as_the_settings_say(company: Company, person: str) -> None:
    entry, now = enter(company, person), utc_now()
    short = SessionLife(idle=timedelta(minutes=10), longest=timedelta(hours=1))

    def lives(later: timedelta, life: SessionLife) -> bool:
        return find_session(entry.token, now=now + later, life=life) is not None

    assert not lives(timedelta(minutes=11), short)
    assert lives(timedelta(minutes=9), short)
    assert lives(timedelta(minutes=18), short), "it was used in between"
    for minutes in range(25, 60, 7):
        assert lives(timedelta(minutes=minutes), short)
    assert not lives(timedelta(minutes=61), short), "used or not"
    environment = msgspec.structs.replace(
        company.machine.environment, session_idle_minutes=30, session_days=2
    )
    assert to_session_life(environment) == SessionLife(
        idle=timedelta(minutes=30), longest=timedelta(days=2)
    )
