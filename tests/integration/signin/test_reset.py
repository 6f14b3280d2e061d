"""Reset of an integration: what goes, what stays, and that it is all or nothing."""

from collections.abc import Callable
from threading import Thread

import pytest
from django.db import connection

from rollcall.accounts.break_glass import has_local_administrator
from rollcall.accounts.operations import NewAccount, add_account, set_password
from rollcall.audit.models import AuditEntry
from rollcall.core.errors import SetupError
from rollcall.core.policy import Stage
from rollcall.integrations.models import (
    DirectoryRecord,
    HeldPlan,
    Integration,
    KeyPair,
    LinkDecision,
    ListEntry,
    NumberAssignment,
    Reading,
    Refusal,
    Schedule,
    SetupCheck,
    SyncRun,
)
from rollcall.integrations.operations import Connection, NewList, change_integration
from rollcall.integrations.queries import get_integration
from rollcall.integrations.reset_operations import Fate, reset_integration, view_reset
from rollcall.integrations.rules import ADMINISTRATORS
from rollcall.integrations.run_operations import RunRequest, request_run
from rollcall.integrations.runs import get_run, list_runs
from rollcall.phonebook.own_operations import ContactDraft, edit_company_contact
from rollcall.telephony.operations import edit_extension
from rollcall.wiring.machine import utc_now
from rollcall.wiring.sync import carry_out
from tests.integration.conftest import MakeSite
from tests.simulator.control import op
from tests.sites import CLOUD, Site

FORGOTTEN = (
    DirectoryRecord,
    HeldPlan,
    KeyPair,
    LinkDecision,
    ListEntry,
    NumberAssignment,
    Reading,
    Schedule,
    SetupCheck,
)


@pytest.fixture
def site(new_site: MakeSite) -> Site:
    """A tenant with people, a leaver, photos and contacts of both kinds."""
    site = new_site("people:12:2,shared=1", photos=True)
    site.set(personal_contacts=True, company_contacts=True)
    site.sync()
    return site


def reset(site: Site, fate: Fate, actor: str = "test") -> None:
    reset_integration(site.tenant.id, extensions=fate, actor=actor, now=utc_now())


def connect_again(site: Site) -> None:
    ids = (site.application.application_id, site.directory.directory_id)
    change_integration(
        site.tenant.id,
        actor="test",
        connection=Connection(*ids, CLOUD),
        values={
            "first_extension": 2000,
            "last_extension": 8999,
            "personal_contacts": True,
            "company_contacts": True,
        },
        lists={},
    )
    site.application.upload(site.renew_key())


def numbers(site: Site) -> dict[str, str | None]:
    return {each.display_name or "": each.number for each in site.extensions()}


def test_kept_extensions_go_on_as_made_by_hand(site: Site) -> None:
    before = numbers(site)
    company = [each for each in site.contacts() if each.scope == "company"]
    assert company
    reset(site, Fate.KEEP)
    after = site.extensions()
    assert numbers(site) == before
    assert {each.source for each in after} == {"local"}
    assert {each.directory_object_id for each in after} == {None}
    assert {each.state for each in after} == {"active"}
    contacts = site.contacts()
    assert {each.scope for each in contacts} == {"company"}
    assert sorted(each.display_name for each in contacts) == sorted(
        each.display_name for each in company
    )
    assert {(each.mailbox, each.directory_contact_id, each.folder) for each in contacts} == {
        (None, None, None)
    }


def test_all_of_the_directory_is_forgotten_and_the_settings_begin_anew(site: Site) -> None:
    people = [each.directory_object_id or "" for each in site.extensions()][:2]
    site.set(
        lists={ADMINISTRATORS: NewList("only", (people[0],), {people[0]: people[0]})},
        sign_in=True,
    )
    add_local_administrator(site)
    reset(site, Fate.KEEP)
    for model in FORGOTTEN:
        assert not model.objects.of(site.tenant.id).exists(), model.__name__
    row = Integration.objects.of(site.tenant.id).get()
    fresh = Integration(tenant_id=site.tenant.id)
    for field in Integration._meta.concrete_fields:
        if field.attname not in {"id", "fence", "created_at"}:
            assert getattr(row, field.attname) == getattr(fresh, field.attname), field.attname
    assert not view_reset(site.tenant.id).connected


def test_whoever_is_connected_again_after_a_block_has_the_number_of_before(site: Site) -> None:
    before = {each.directory_object_id: each.number for each in site.extensions()}
    contacts = sorted(each.display_name for each in site.contacts())
    reset(site, Fate.BLOCK)
    assert {each.state for each in site.extensions()} == {"blocked"}
    assert {each.source for each in site.extensions()} == {"microsoft365"}
    connect_again(site)
    run = site.sync()
    assert run.counts["users"]["returned"] == len(before)
    assert {each.directory_object_id: each.number for each in site.extensions()} == before
    assert {each.state for each in site.extensions()} == {"active"}
    assert sorted(each.display_name for each in site.contacts()) == contacts


def test_kept_extensions_are_linked_again_by_mail_with_their_numbers(site: Site) -> None:
    before = {each.directory_object_id: each.number for each in site.extensions()}
    reset(site, Fate.KEEP)
    connect_again(site)
    site.set(link="link")
    site.sync()
    assert {each.directory_object_id: each.number for each in site.extensions()} == before


def test_another_directory_after_a_block_gives_other_people_other_numbers(
    site: Site, new_site: MakeSite
) -> None:
    before = {each.number for each in site.extensions()}
    reset(site, Fate.BLOCK)
    other = site.simulator.add_directory("people:5:0,name=other")
    application = other.applications[0]
    application.set_roles("User.Read.All")
    change_integration(
        site.tenant.id,
        actor="test",
        connection=Connection(application.application_id, other.directory_id, CLOUD),
        values={"first_extension": 2000, "last_extension": 8999},
        lists={},
    )
    application.upload(site.renew_key())
    site.sync()
    active = {each.number for each in site.extensions() if each.state == "active"}
    blocked = {each.number for each in site.extensions() if each.state == "blocked"}
    assert len(active) == 5
    assert blocked == before
    assert not active & blocked


def test_runs_and_their_reports_stay_readable(site: Site) -> None:
    runs = [get_run(each.id) for each in list_runs(site.tenant.id, limit=50)]
    reset(site, Fate.BLOCK)
    after = [get_run(each.id) for each in list_runs(site.tenant.id, limit=50)]
    assert [(run.id, run.state, run.changes) for run in runs] == [
        (run.id, run.state, run.changes) for run in after
    ]
    assert [[each.reason for each in run.refusals] for run in runs] == [
        [each.reason for each in run.refusals] for run in after
    ]
    assert any(run.refusals for run in after)
    assert not Refusal.objects.of(site.tenant.id).filter(until_run__isnull=True).exists()


def test_a_leaver_who_was_blocked_stays_blocked(site: Site) -> None:
    leaver = site.extensions()[0]
    site.directory.change(op("delete_user", user=leaver.directory_object_id))
    site.sync()
    reset(site, Fate.KEEP)
    states = {each.number: each.state for each in site.extensions()}
    assert states[leaver.number] == "blocked"
    assert list(states.values()).count("active") == len(states) - 1


def test_everything_kept_can_be_edited_by_hand(site: Site) -> None:
    reset(site, Fate.KEEP)
    number = int(site.extensions()[0].number or 0)
    edit_extension(site.tenant.id, number, new_number=None, fields={"last_name": "Anders"})
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(id) FROM phonebook_contact")
        (contact,) = cursor.fetchone()
    edit_company_contact(site.tenant.id, contact, ContactDraft(display_name="Anders GmbH"))
    assert "Anders GmbH" in {each.display_name for each in site.contacts()}


def test_a_queued_run_is_cancelled_and_one_that_works_can_write_no_more(site: Site) -> None:
    summary, _new = request_run(site.integration, RunRequest(trigger="manual", asked_by="test"))
    reset(site, Fate.KEEP)
    assert SyncRun.objects.of(site.tenant.id).get(pk=summary.id).state == "cancelled"
    run = carry_out(site.machine, summary, clock=site.clock, pace=site.pace)
    assert run.state == "cancelled"
    assert not DirectoryRecord.objects.of(site.tenant.id).exists()


def test_a_run_that_works_meanwhile_writes_nothing_any_more(site: Site) -> None:
    leaver = site.extensions()[0].directory_object_id
    site.directory.change(op("disable", user=leaver))
    summary, _new = request_run(site.integration, RunRequest(trigger="manual", asked_by="test"))
    meanwhile = iter([lambda: reset(site, Fate.KEEP)])

    def listen(stage: Stage, done: int, total: int | None) -> None:
        for each in meanwhile:
            in_a_thread(each)

    run = carry_out(site.machine, summary, listener=listen, clock=site.clock, pace=site.pace)
    assert run.state == "cancelled"
    assert {each.source for each in site.extensions()} == {"local"}
    assert not DirectoryRecord.objects.of(site.tenant.id).exists()
    assert not Reading.objects.of(site.tenant.id).exists()
    integration = Integration.objects.of(site.tenant.id).get()
    assert (integration.users_cursor, integration.token_sealed) == ("", None)


def in_a_thread(work: Callable[[], object]) -> None:
    def working() -> None:
        work()
        connection.close()

    thread = Thread(target=working)
    thread.start()
    thread.join()


def add_local_administrator(site: Site, password: str = "correct horse battery staple") -> int:
    account = add_account(
        NewAccount(email="glass@contoso.example", role="administrator", tenant_id=site.tenant.id),
        actor="test",
    )
    if password:
        set_password(account, password, actor="test", now=utc_now())
    return account


def test_nobody_locks_the_last_administrators_out(site: Site) -> None:
    add_local_administrator(site, password="")
    assert not has_local_administrator(site.tenant.id)
    before = site.tables()
    with pytest.raises(SetupError) as refused:
        reset(site, Fate.BLOCK)
    assert refused.value.code == "no-way-in"
    assert site.tables() == before
    assert get_integration(site.tenant.id).application_id is not None


def test_a_reset_that_fails_at_its_end_has_changed_nothing(site: Site) -> None:
    before = site.tables()
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'the last step'; END $$; "
            "CREATE TRIGGER refuse BEFORE INSERT ON audit_auditentry "
            "FOR EACH ROW EXECUTE FUNCTION refuse()"
        )
    with pytest.raises(Exception, match="the last step"):
        reset(site, Fate.KEEP)
    assert site.tables() == before
    assert get_integration(site.tenant.id).application_id is not None
    assert KeyPair.objects.of(site.tenant.id).exists()


def test_another_tenant_keeps_all_that_is_its_own(site: Site, new_site: MakeSite) -> None:
    other = new_site("people:6:2,name=other", slug="other")
    other.set(personal_contacts=True)
    other.sync()
    reset(site, Fate.KEEP)
    assert {each.source for each in other.extensions()} == {"microsoft365"}
    assert {each.state for each in other.extensions()} == {"active"}
    assert other.contacts()
    assert view_reset(other.tenant.id).connected
    assert other.sync().state == "applied"


def test_the_audit_log_says_who_did_it_and_how(site: Site) -> None:
    reset(site, Fate.BLOCK, actor="anna@contoso.example")
    entry = AuditEntry.objects.of(site.tenant.id).get(action="integration.reset")
    assert entry.actor == "anna@contoso.example"
    assert entry.detail["extensions"] == "block"


def test_what_will_happen_is_told_in_numbers(site: Site) -> None:
    view = view_reset(site.tenant.id)
    contacts = site.contacts()
    assert view.connected
    assert view.extensions.working == len(site.extensions())
    assert view.personal_contacts == sum(each.scope == "personal" for each in contacts)
    assert view.company_contacts == sum(each.scope == "company" for each in contacts)
    assert view.key_pairs == 1
    assert not view.running
