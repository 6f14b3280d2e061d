"""The pickers: people and mailboxes of the live directory, found while somebody types."""

import re
import time
from collections.abc import Callable, Iterator
from html import unescape
from threading import Thread

import psycopg
import pytest
from django.db import connection
from django.test import Client

from rollcall.integrations.operations import NewList
from rollcall.wiring.directory import Trouble, search_people
from tests.integration.conftest import MakeSite
from tests.integration.portal.conftest import SignIn
from tests.simulator.control import op
from tests.sites import Site

PEOPLE = "/t/contoso/integration/pick/people"
MAILBOXES = "/t/contoso/integration/pick/mailboxes"
CANDIDATES = "/t/contoso/integration/pick/candidates"
ASKED = r"\$search"
LONG = "Wolfeschlegelsteinhausenbergerdorff " * 7


@pytest.fixture
def site(new_site: MakeSite) -> Site:
    """A tenant whose key was accepted: nothing of the directory is remembered yet."""
    site = new_site("empty:four")
    site.directory.change(
        op("add_user", set=person("Zoë O'Neil", "zoe", givenName="Zoë", surname="O'Neil")),
        op("add_user", set=person("Bea Wardle", "bea", userType="Guest", mail=None)),
        op("add_user", set=person("Adam Ward", "a.ward", accountEnabled=False)),
        op("add_user", set=person(LONG.strip(), "long")),
    )
    site.sync(dry_run=True)
    return site


@pytest.fixture
def administrator(site: Site, sign_in: SignIn) -> Client:
    """The tenant's administrator."""
    return sign_in("administrator", site.tenant.id)


def person(name: str, local: str, **values: object) -> dict[str, object]:
    address = f"{local}@four.example"
    return {
        "displayName": name,
        "userPrincipalName": address,
        "mail": address,
        "accountEnabled": True,
        **values,
    }


def text_of(answer: object) -> str:
    return unescape(answer.content.decode())  # type: ignore[attr-defined]  # Django's own answer


def found(client: Client, text: str, address: str = PEOPLE) -> list[str]:
    page = text_of(client.get(address, {"q": text, "for": "people"}))
    return re.findall(r'data-name="([^"]*)"', page)


def saying(client: Client, text: str, address: str = PEOPLE) -> str:
    page = text_of(client.get(address, {"q": text, "for": "people"}))
    return " ".join(re.findall(r'<p class="[^"]*" role="status">(.*?)</p>', page, re.DOTALL))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("war", ["Adam Ward", "Bea Wardle"]),
        ("ZOË", ["Zoë O'Neil"]),
        ("o'neil", ["Zoë O'Neil"]),
        ("a.ward@four", ["Adam Ward"]),
        ("zoe@", ["Zoë O'Neil"]),
        ("Wolfe", [LONG.strip()]),
        ('zoë" OR "displayName:a', []),
        ("\\ %_ '", []),
        ("nobody", []),
        ("z", []),
        ("", []),
    ],
)
def test_people_are_found_by_the_beginnings_of_names_and_addresses(
    administrator: Client, text: str, names: list[str]
) -> None:
    assert found(administrator, text) == names


def test_somebody_who_was_found_can_be_told_from_others(administrator: Client) -> None:
    page = text_of(administrator.get(PEOPLE, {"q": "war", "for": "sign-in"}))

    assert page.count('role="option"') == 2
    assert 'id="sign-in-option-1"' in page
    assert 'data-line="a.ward@four.example"' in page
    assert page.count(">disabled<") == page.count(">guest<") == 1


def test_what_was_not_found_and_what_is_too_short_is_said(administrator: Client) -> None:
    assert "begins with “nobody”" in saying(administrator, "nobody")
    assert "at least two characters" in saying(administrator, "n")


def test_at_most_twenty_are_shown_and_that_there_are_more(
    site: Site, administrator: Client
) -> None:
    site.directory.change(
        *(op("add_user", set=person(f"Many {n:02}", f"many{n}")) for n in range(21))
    )

    assert len(found(administrator, "many")) == 20
    assert "There are more" in saying(administrator, "many")


def test_a_mailbox_has_an_address(administrator: Client) -> None:
    assert found(administrator, "war", MAILBOXES) == ["Adam Ward"]


def test_where_search_is_not_served_beginnings_are_compared(
    site: Site, administrator: Client
) -> None:
    site.simulator.fault(
        "status", path=ASKED, times=None, status=400, code="Request_UnsupportedQuery"
    )

    assert found(administrator, "a.ward") == ["Adam Ward"]
    assert found(administrator, "o'neil") == ["Zoë O'Neil"]


def test_no_transaction_is_open_while_microsoft_is_asked(
    site: Site, administrator: Client, conninfo: str
) -> None:
    site.simulator.fault("delay", path=ASKED, seconds=1)
    names: list[str] = []

    def ask() -> None:
        names.extend(found(administrator, "zoë"))
        connection.close()

    thread = Thread(target=ask)
    thread.start()
    with psycopg.connect(conninfo, autocommit=True) as watcher:
        states = [_states(watcher) for _ in _until(lambda: not thread.is_alive())]
    assert names == ["Zoë O'Neil"]
    assert len(states) > 5
    in_transaction = [each for each in states if "idle in transaction" in each]
    assert len(in_transaction) <= 1  # the moment before or after


def _states(watcher: psycopg.Connection) -> list[str]:
    rows = watcher.execute(
        "SELECT state FROM pg_stat_activity WHERE datname = current_database() "
        "AND pid <> pg_backend_pid()"
    )
    return [str(state) for (state,) in rows]


def _until(done: Callable[[], bool]) -> Iterator[None]:
    while not done():
        yield
        time.sleep(0.05)


def test_a_directory_that_is_slow_is_replaced_by_what_was_read(site: Site) -> None:
    site.sync()
    site.simulator.fault("delay", path=ASKED, seconds=3)
    began = time.monotonic()

    findings = search_people(site.machine, site.integration, "zoe@", patience=0.5)

    assert time.monotonic() - began < 2
    assert findings.trouble is Trouble.SLOW
    assert [each.name for each in findings.people] == ["Zoë O'Neil"]


def test_a_directory_that_refuses_is_replaced_by_what_was_read(
    site: Site, administrator: Client
) -> None:
    site.sync()
    site.directory.applications[0].set_enabled(enabled=False)
    site.simulator.revoke_tokens()

    assert found(administrator, "ZOE@") == ["Zoë O'Neil"]
    assert found(administrator, "o'n") == ["Zoë O'Neil"]
    assert found(administrator, "war") == ["Adam Ward", "Bea Wardle"]
    assert found(administrator, "%") == []
    said = saying(administrator, "zoe")
    assert "What is shown is the directory as it was last read." in said


def test_before_the_connection_the_picker_says_what_is_missing(
    new_site: MakeSite, sign_in: SignIn
) -> None:
    site = new_site("people:3:1", slug="fresh")
    administrator = sign_in("administrator", site.tenant.id)

    said = saying(administrator, "anna", "/t/fresh/integration/pick/people")
    assert "is not connected yet" in said
    assert "Finish the tab Permissions first" in said


def test_candidates_are_offered_before_the_first_run_and_after_it(
    site: Site, administrator: Client
) -> None:
    def offered() -> list[str]:
        return re.findall(r'data-name="([^"]*)"', text_of(administrator.get(CANDIDATES)))

    assert offered() == ["Adam Ward"]
    site.sync()
    assert offered() == ["Adam Ward"]
    assert site.integration.mailboxes.lines == ()
    adam = next(
        each for each in site.directory.users() if each.properties["displayName"] == "Adam Ward"
    )
    site.set(
        lists={
            "mailboxes": NewList("only", ("a.ward@four.example",), {"a.ward@four.example": adam.id})
        }
    )
    assert offered() == []
    assert "There is no likely one" in text_of(administrator.get(CANDIDATES))


def test_nobody_else_looks_into_the_directory(
    site: Site, sign_in: SignIn, new_site: MakeSite
) -> None:
    other = new_site("people:2:1,name=other", slug="other")
    for stranger in (sign_in("user", site.tenant.id), sign_in("administrator", other.tenant.id)):
        for address in (PEOPLE, MAILBOXES, CANDIDATES):
            assert stranger.get(address, {"q": "zoe"}).status_code == 404
