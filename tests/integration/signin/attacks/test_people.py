"""Attacks by who somebody is, or seems to be: names, addresses, guests, who is not among them."""

from typing import Final

import pytest

from rollcall.core.policy import Stage
from rollcall.integrations.sign_in import offers_of_address
from rollcall.wiring.machine import utc_now
from tests.integration.signin.attacks.arena import FORBIDDEN, Arena
from tests.integration.signin.attacks.browser import Browser
from tests.integration.signin.attacks.ground import Person
from tests.integration.signin.attacks.ledger import Since
from tests.simulator.control import op

FEW: Final = "people:6"
"""Leavers of a few are no reason for a guard to hold a run when nobody else leaves."""


# -- nOAuth and look-alikes


def test_a_person_of_a_foreign_directory_with_the_victims_mail_is_refused(arena: Arena) -> None:
    """nOAuth: an attacker's own directory says that its user has the victim's address."""
    victim = arena.somebody()
    arena.enters(arena.ours, victim)
    attacker = arena.newcomer(arena.theirs, mail=victim.mail, displayName=victim.name)
    browser = Browser(arena)
    flight = browser.start(arena.ours)
    foreign = Browser(arena).start(arena.theirs)
    code = arena.code_for(foreign, attacker)
    with arena.refuses("redemption", "code") as attempt:
        attempt.answer = browser.come_back({"code": code, "state": flight.state})
    # The token itself, as if Microsoft had given it: everything of the victim but directory and id.
    flight = browser.start(arena.ours)
    code = arena.code_for(flight, victim)
    arena.bend_token(
        arena.ours,
        claims={
            "tid": arena.theirs.directory.directory_id,
            "oid": attacker.object_id,
            "email": victim.mail,
            "upn": victim.principal_name,
            "preferred_username": victim.principal_name,
            "name": victim.name,
        },
    )
    with arena.refuses("directory") as attempt:
        attempt.answer = browser.come_back({"code": code, "state": flight.state})


def test_a_person_of_a_foreign_directory_does_not_enter_their_own_tenant_as_the_victim(
    arena: Arena,
) -> None:
    """nOAuth from within: who is synchronised at theirs with our victim's mail is theirs alone."""
    victim = arena.somebody()
    attacker = arena.newcomer(arena.theirs, sync=True, mail=victim.mail, displayName=victim.name)
    browser = arena.enters(arena.theirs, attacker)
    found = arena.who(browser)
    assert found is not None
    assert found.tenant_id == arena.theirs.tenant.id
    assert browser.get(f"/t/{arena.ours.slug}/colleagues").status_code == 404
    arena.enters(arena.ours, victim)


def test_another_person_of_the_directory_with_the_victims_mail_is_refused(arena: Arena) -> None:
    """nOAuth within one directory: mail is an attribute that others can have, too."""
    victim = arena.somebody()
    arena.enters(arena.ours, victim)
    attacker = arena.newcomer(arena.ours, mail=victim.mail, displayName=victim.name)
    with arena.refuses("not-synchronised", status=FORBIDDEN) as attempt:
        attempt.answer = arena.comes(
            arena.ours,
            attacker,
            email=victim.mail,
            upn=victim.principal_name,
            preferred_username=victim.principal_name,
            xms_edov=True,
        )


def test_a_synchronised_person_with_the_victims_names_enters_as_themselves(arena: Arena) -> None:
    """nOAuth within one directory, by somebody who may come in: they are who they are."""
    victim, attacker = arena.somebody(), arena.somebody()
    since = Since.now(arena.database)
    browser = Browser(arena)
    answer = arena.comes(
        arena.ours,
        attacker,
        browser=browser,
        email=victim.mail,
        upn=victim.principal_name,
        preferred_username=victim.principal_name,
        name=victim.name,
        sub=victim.object_id,
    )
    arena.check_entered(answer, since, browser, arena.ours, attacker)
    found = arena.who(browser)
    assert found is not None
    assert found.name == attacker.name, "names are the extension's, not the token's"
    arena.enters(arena.ours, victim)


def test_a_local_account_with_the_same_mail_is_not_entered(arena: Arena) -> None:
    """nOAuth on our side: somebody with an administrator's address is no administrator."""
    person = arena.somebody()
    arena.local_account(arena.ours, person.mail, "administrator")
    browser = arena.enters(arena.ours, person)
    found = arena.who(browser)
    assert found is not None
    assert found.role == "user"


def test_a_person_who_was_made_again_is_another_one(arena: Arena) -> None:
    """The same principal name and mail under another object id: not the one who is synchronised."""
    person = arena.somebody()
    arena.enters(arena.ours, person)
    [result] = arena.ours.directory.change(op("recreate_user", user=person.object_id))
    again = Person(result["id"], person.principal_name, person.mail, person.name)
    assert again.object_id != person.object_id
    with arena.refuses("not-synchronised", status=FORBIDDEN) as attempt:
        attempt.answer = arena.comes(arena.ours, again)


def test_the_case_of_an_address_makes_nobody_else(arena: Arena) -> None:
    """Case tricks in e-mail: no spelling finds somebody else's account."""
    victim = arena.somebody()
    attacker = arena.newcomer(arena.ours)
    local, _, domain = victim.principal_name.partition("@")
    for spelt in (
        victim.principal_name.upper(),
        f"{local.title()}@{domain.upper()}",
        f"{local}+x@{domain}",
        f"{local}.@{domain}.",
        f" {victim.principal_name} ",
    ):
        with arena.refuses("not-synchronised", status=FORBIDDEN) as attempt:
            attempt.answer = arena.comes(
                arena.ours, attacker, preferred_username=spelt, email=spelt, upn=spelt
            )
    arena.enters(arena.ours, victim)


LOOK_ALIKES: Final[dict[str, dict[str, str | int | None]]] = {
    "cyrillic": {"a": "\u0430", "e": "\u0435", "o": "\u043e", "p": "\u0440"},
    "full width": {chr(n): chr(n + 0xFEE0) for n in range(ord("a"), ord("z") + 1)},
    "long s": {"s": "\u017f"},
    "dotless i": {"i": "\u0131"},
    "kelvin": {"k": "\u212a"},
    "zero width": {"a": "a\u200b"},
}


def test_a_name_that_looks_like_the_victims_is_somebody_elses(arena: Arena) -> None:
    """Unicode look-alikes in mail and principal name: nothing is matched by either."""
    victim = arena.somebody()
    for signs in LOOK_ALIKES.values():
        spelt = victim.principal_name.translate(str.maketrans(signs))
        attacker = arena.newcomer(arena.ours, mail=spelt)
        with arena.refuses("not-synchronised", status=FORBIDDEN) as attempt:
            attempt.answer = arena.comes(
                arena.ours, attacker, preferred_username=spelt, email=spelt
            )
    arena.enters(arena.ours, victim)


def test_a_domain_that_looks_like_a_tenants_leads_nowhere(arena: Arena) -> None:
    """Unicode look-alikes in domain discovery: only the domain itself finds the tenant."""
    own = arena.regular.principal_name.rpartition("@")[2]
    assert "ours" in {offer.slug for offer in offers_of_address(f"x@{own}", now=utc_now())}
    for kind, signs in LOOK_ALIKES.items():
        spelt = own.translate(str.maketrans(signs))
        assert spelt == own or not offers_of_address(f"x@{spelt}", now=utc_now()), kind


@pytest.mark.parametrize(
    "address",
    [
        "x@{own}@evil.example",
        "x@evil.example@{other}",
        "x@{own}.evil.example",
        "x@evil-{own}",
        "x@sub.{own}",
        "{own}",
        "@",
        "x@%",
        "x@_____________________________",
        "x@" + "a" * 5000,
        "",
    ],
)
def test_an_address_that_is_bent_finds_no_tenant(arena: Arena, address: str) -> None:
    """Domain discovery compares whole domains."""
    own = arena.regular.principal_name.rpartition("@")[2]
    spelt = address.format(own=own, other="nowhere.example")
    assert not offers_of_address(spelt, now=utc_now())
    assert [o.slug for o in offers_of_address(f"x@{own.upper()}", now=utc_now())].count("ours") == 1


# -- who may not


def test_a_guest_is_refused(arena: Arena) -> None:
    """Guests of the directory sign in at Microsoft like anybody else."""
    guest = arena.newcomer(arena.ours, sync=True, userType="Guest")
    with arena.refuses("guest", "not-synchronised", status=FORBIDDEN) as attempt:
        attempt.answer = arena.comes(arena.ours, guest)
    member = arena.newcomer(arena.ours, sync=True, userType="Member")
    arena.enters(arena.ours, member)


def test_a_person_who_is_not_synchronised_is_refused_until_they_are(arena: Arena) -> None:
    """In the directory, and not in the phone system yet."""
    person = arena.newcomer(arena.ours)
    since = Since.now(arena.database)
    with arena.refuses("not-synchronised", status=FORBIDDEN) as attempt:
        attempt.answer = arena.comes(arena.ours, person)
    assert not since.new_accounts
    arena.ours.sync(Stage.USERS)
    arena.enters(arena.ours, person)


def test_a_person_synchronised_at_the_twin_tenant_alone_is_refused_here(arena: Arena) -> None:
    """One directory, two tenants: what one of them knows lets nobody into the other."""
    person = arena.newcomer(arena.twin, sync=True)
    arena.enters(arena.twin, person)
    with arena.refuses("not-synchronised", status=FORBIDDEN) as attempt:
        attempt.answer = arena.comes(arena.ours, person)


def test_a_person_who_is_not_selected_is_refused(arena: Arena) -> None:
    """Sign-in is for some alone."""
    site = arena.new_site(FEW)
    chosen, other = arena.somebody(site), arena.somebody(site)
    arena.select(site, "only", chosen)
    arena.enters(site, chosen)
    with arena.refuses("not-selected", status=FORBIDDEN) as attempt:
        attempt.answer = arena.comes(site, other)
    arena.select(site, "except", chosen)
    arena.enters(site, other)
    with arena.refuses("not-selected", status=FORBIDDEN) as attempt:
        attempt.answer = arena.comes(site, chosen)
