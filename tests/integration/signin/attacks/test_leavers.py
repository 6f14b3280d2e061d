"""Attacks by who somebody was: leavers, administrators before, passwords, what was reset."""

from typing import Final

from rollcall.accounts.entry import Visitor, recognise
from rollcall.accounts.operations import disable_account, enable_account
from rollcall.core.policy import Stage
from rollcall.integrations.operations import NewList
from rollcall.integrations.sign_in import enforcing_tenants
from rollcall.tenants.operations import delete_tenant, resume_tenant, suspend_tenant
from rollcall.wiring.machine import utc_now
from tests.integration.portal.arrival import PASSWORD
from tests.integration.signin.attacks.arena import FORBIDDEN, Arena
from tests.integration.signin.attacks.browser import Browser
from tests.integration.signin.attacks.ledger import Since
from tests.simulator.control import op

FEW: Final = "people:6"
"""Leavers of a few are no reason for a guard to hold a run when nobody else leaves."""

GLASS: Final = "glass@rollcall.example"
"""Whom an administrator breaks the glass as."""


def test_a_sign_in_that_is_switched_off_on_the_way_is_refused(arena: Arena) -> None:
    """The switch counts when somebody comes back, not when they left."""
    site = arena.new_site(FEW)
    person = arena.somebody(site)
    arena.enters(site, person)
    browser = Browser(arena)
    flight = browser.start(site)
    code = arena.code_for(flight, person)
    site.set(sign_in=False)
    with arena.refuses("off", status=FORBIDDEN) as attempt:
        attempt.answer = browser.come_back({"code": code, "state": flight.state})


def test_a_blocked_person_does_not_come_back(arena: Arena) -> None:
    """A person whom a run blocked comes back from Microsoft, which knows nothing of that."""
    site = arena.new_site(FEW)
    person = arena.somebody(site)
    arena.enters(site, person)
    browser = Browser(arena)
    flight = browser.start(site)
    code = arena.code_for(flight, person)
    lines = {person.principal_name: person.object_id}
    site.set(lists={"people": NewList("except", tuple(lines), lines)})
    site.sync(Stage.USERS)
    with arena.refuses("blocked", status=FORBIDDEN) as attempt:
        attempt.answer = browser.come_back({"code": code, "state": flight.state})
    site.set(lists={"people": NewList("all", ())})
    site.sync(Stage.USERS)
    arena.enters(site, person)


def test_a_person_disabled_at_microsoft_on_the_way_does_not_enter(arena: Arena) -> None:
    """The code is a minute old, and the account was disabled since: nobody enters with it."""
    site = arena.new_site(FEW)
    person = arena.somebody(site)
    arena.enters(site, person)
    browser = Browser(arena)
    flight = browser.start(site)
    code = arena.code_for(flight, person)
    site.directory.change(op("disable", user=person.object_id))
    with arena.refuses("redemption", status=FORBIDDEN) as attempt:
        attempt.answer = browser.come_back({"code": code, "state": flight.state})


def test_the_session_of_a_person_whom_a_run_blocks_has_ended(arena: Arena) -> None:
    """Blocked person with a live session: the next request after the run is nobody's."""
    site = arena.new_site(FEW)
    person, other = arena.somebody(site), arena.somebody(site)
    browser, untouched = arena.enters(site, person), arena.enters(site, other)
    assert browser.get("/account/").status_code == 200
    site.directory.change(op("disable", user=person.object_id))
    site.sync(Stage.USERS)
    assert browser.get("/account/").status_code == 303
    assert arena.who(browser) is None
    assert untouched.get("/account/").status_code == 200
    # Returned, they sign in again; the old session stays ended.
    token = browser.session
    site.directory.change(op("enable", user=person.object_id))
    site.sync(Stage.USERS)
    arena.enters(site, person)
    assert not token or arena.who(browser) is None


def test_the_session_of_a_person_who_was_deleted_has_ended(arena: Arena) -> None:
    """Deleted in the directory: extension and session are gone with the run that says so."""
    site = arena.new_site(FEW)
    person = arena.somebody(site)
    browser = arena.enters(site, person)
    site.directory.change(op("delete_user", user=person.object_id))
    site.sync(Stage.USERS)
    assert arena.who(browser) is None
    assert browser.get("/account/").status_code == 303


def test_an_extension_deleted_by_hand_ends_its_session(arena: Arena) -> None:
    """Deleted extension: an administrator takes it away, while its owner is signed in."""
    site = arena.new_site(FEW)
    person = arena.somebody(site)
    browser = arena.enters(site, person)
    browser2 = Browser(arena)
    flight = browser2.start(site)
    code = arena.code_for(flight, person)
    arena.delete_extension(site, person)
    assert arena.who(browser) is None
    with arena.refuses("not-synchronised", "blocked", status=FORBIDDEN) as attempt:
        attempt.answer = browser2.come_back({"code": code, "state": flight.state})
    site.sync(Stage.USERS, full=True)
    arena.enters(site, person)


def test_a_suspended_tenant_lets_nobody_in(arena: Arena) -> None:
    """Suspended tenant: live sessions, sign-ins under way and new ones end."""
    site = arena.new_site(FEW)
    person = arena.somebody(site)
    browser = arena.enters(site, person)
    other = Browser(arena)
    flight = other.start(site)
    code = arena.code_for(flight, person)
    suspend_tenant(site.slug)
    assert arena.who(browser) is None
    with arena.refuses("suspended", status=FORBIDDEN) as attempt:
        attempt.answer = other.come_back({"code": code, "state": flight.state})
    with arena.turns_away(404) as attempt:
        attempt.answer = Browser(arena).press(site)
    resume_tenant(site.slug)
    arena.enters(site, person)


def test_an_administrator_taken_off_the_list_is_none(arena: Arena) -> None:
    """Taken off the list: the role falls, and what a session may do with it."""
    site = arena.new_site(FEW)
    person, other = arena.somebody(site), arena.somebody(site)
    arena.list_administrators(site, person, other)
    browser = arena.enters(site, person)
    assert browser.get(f"/t/{site.slug}/extensions").status_code == 200
    arena.list_administrators(site, other)
    assert browser.get(f"/t/{site.slug}/extensions").status_code in {303, 404}
    again = arena.enters(site, person)
    assert again.get(f"/t/{site.slug}/extensions").status_code == 404
    found = arena.who(again)
    assert found is not None
    assert found.role == "user"


def test_an_administrator_off_the_list_has_no_session_where_people_do_not_sign_in(
    arena: Arena,
) -> None:
    """With sign-in off for people, who is off the list may not come in at all."""
    site = arena.new_site(FEW)
    person, other = arena.somebody(site), arena.somebody(site)
    arena.list_administrators(site, person, other)
    site.set(sign_in=False)
    browser = arena.enters(site, person)
    arena.list_administrators(site, other)
    assert arena.who(browser) is None
    with arena.refuses("off", status=FORBIDDEN) as attempt:
        attempt.answer = arena.comes(site, person)
    arena.enters(site, other)


def test_a_selection_that_changes_ends_the_sessions_of_those_outside(arena: Arena) -> None:
    """Not selected any more, while signed in."""
    site = arena.new_site(FEW)
    person, other = arena.somebody(site), arena.somebody(site)
    browser, untouched = arena.enters(site, person), arena.enters(site, other)
    arena.select(site, "only", other)
    assert arena.who(browser) is None
    assert arena.who(untouched) is not None


def test_a_password_is_refused_where_microsoft_is_enforced(arena: Arena) -> None:
    """Enforced: the password of somebody with a Microsoft 365 extension is as if it were wrong."""
    site = arena.new_site(FEW)
    person = arena.somebody(site)
    arena.local_account(site, person.mail, "user", extension_id=arena.extension_id(site, person))
    arena.local_account(site, GLASS, "administrator")
    form = {"email": person.mail, "password": PASSWORD}
    before = Browser(arena)
    before.post(f"/t/{site.slug}/sign-in", form)
    assert before.session, "the twin: not enforced, it works"
    site.set(enforce_sign_in=True)
    assert arena.who(before) is None, "a session by password has ended, too"
    for path in ("/sign-in", f"/t/{site.slug}/sign-in"):
        browser, since = Browser(arena), Since.now(arena.database)
        answer = browser.post(path, form)
        wrong = Browser(arena).post(path, {**form, "password": "quite another one"})
        assert not browser.session
        assert answer.status_code == wrong.status_code
        assert not since.new_sessions
        assert since.lines("sign_in")[0].detail["reason"] == "enforced"
    glass = Browser(arena)
    glass.post(f"/t/{site.slug}/sign-in", {"email": GLASS, "password": PASSWORD})
    assert glass.session, "the break-glass administrator comes in"
    arena.enters(site, person)


def test_an_account_of_microsofts_has_no_password_to_guess(arena: Arena) -> None:
    """Who came by Microsoft has no password, and none can be asked for by mail."""
    person = arena.somebody()
    arena.enters(arena.ours, person)
    for password in ("", " ", "!", "None", PASSWORD):
        found = recognise(
            person.mail,
            password,
            visitor=Visitor(address="192.0.2.7", network="192.0.2.7"),
            tenant_id=arena.ours.tenant.id,
            enforced=enforcing_tenants,
            now=utc_now(),
        )
        assert found == ()


def test_an_integration_that_is_reset_ends_its_sessions(arena: Arena) -> None:
    """Reset integration with a live session: nobody is in by a directory that is gone."""
    site = arena.new_site(FEW)
    person = arena.somebody(site)
    browser = arena.enters(site, person)
    other = Browser(arena)
    flight = other.start(site)
    code = arena.code_for(flight, person)
    arena.reset(site)
    assert arena.who(browser) is None
    assert browser.get("/account/").status_code == 303
    with arena.refuses("discovery", status=503) as attempt:
        attempt.answer = other.come_back({"code": code, "state": flight.state})


def test_a_tenant_that_moves_to_another_directory_lets_the_old_ones_people_in_no_more(
    arena: Arena,
) -> None:
    """Another directory id: who was synchronised from the old one is not of the new one."""
    site = arena.new_site(FEW)
    person = arena.somebody(site)
    browser = arena.enters(site, person)
    before = site.directory.directory_id
    arena.point_at(site, arena.theirs.directory.directory_id)
    assert arena.who(browser) is None
    arena.point_at(site, before)
    site.sync(Stage.USERS, full=True)
    arena.enters(site, person)


def test_a_list_that_names_the_victim_by_mail_is_bound_to_an_object(arena: Arena) -> None:
    """A line of the administrators' list means an object id: its mail may pass to somebody else."""
    site = arena.new_site(FEW)
    boss, attacker = arena.somebody(site), arena.somebody(site)
    site.set(lists={"admins": NewList("only", (boss.mail,), {boss.mail: boss.object_id})})
    found = arena.who(arena.enters(site, boss))
    assert found is not None
    assert found.role == "administrator"
    site.directory.change(
        op("update_user", user=boss.object_id, set={"mail": "gone@ours.example"}),
        op("update_user", user=attacker.object_id, set={"mail": boss.mail}),
    )
    site.sync(Stage.USERS)
    found = arena.who(arena.enters(site, attacker))
    assert found is not None
    assert found.role == "user"


def test_a_disabled_account_is_not_entered_by_microsoft(arena: Arena) -> None:
    """Disabled by an administrator here, while Microsoft still knows nothing against it."""
    site = arena.new_site(FEW)
    person = arena.somebody(site)
    browser = arena.enters(site, person)
    account_id = arena.account_id(browser)
    disable_account(account_id, actor="test", now=utc_now(), enforced=enforcing_tenants)
    assert arena.who(browser) is None
    with arena.refuses("blocked", status=FORBIDDEN) as attempt:
        attempt.answer = arena.comes(site, person)
    enable_account(account_id, actor="test")
    arena.enters(site, person)


def test_a_tenant_deleted_on_the_way_lets_nobody_in(arena: Arena) -> None:
    """The tenant whose cookie somebody brings is there no more."""
    site = arena.new_site(FEW)
    person = arena.somebody(site)
    arena.enters(site, person)
    browser = Browser(arena)
    flight = browser.start(site)
    code = arena.code_for(flight, person)
    delete_tenant(site.slug)
    with arena.turns_away(400) as attempt:
        attempt.answer = browser.come_back({"code": code, "state": flight.state})


def test_an_extension_that_is_given_to_another_person_is_not_entered_by_its_owner_before(
    arena: Arena,
) -> None:
    """The session is of the person, not of the extension that was theirs."""
    site = arena.new_site(FEW)
    person, other = arena.somebody(site), arena.somebody(site)
    browser = arena.enters(site, person)
    arena.give_extension(site, person, to=other)
    assert arena.who(browser) is None
    with arena.refuses("not-synchronised", "blocked", status=FORBIDDEN) as attempt:
        attempt.answer = arena.comes(site, person)
