"""People of a company who come in without a browser: admitted, and a session begun."""

from itertools import count
from typing import Any

import psycopg

from rollcall.accounts.entry import Entry, Visitor
from rollcall.accounts.microsoft import enter_by_directory
from rollcall.accounts.sessions import SignedIn, find_session
from rollcall.core.admission import Admission, EntryRefusal
from rollcall.core.policy import Stage
from rollcall.integrations.sign_in import admit
from rollcall.telephony.queries import ExtensionKey, find_by_person
from rollcall.wiring.machine import utc_now
from tests.integration.signin.company import Company
from tests.simulator.control import op

VISITOR = Visitor(address="192.0.2.7", network="192.0.2.7", agent="Browser")

_numbers = count(1)


def newcomer(company: Company, **properties: Any) -> str:
    """Have somebody join the directory whom the next run brings here; return the object id."""
    number = next(_numbers)
    values = {
        "displayName": f"Newcomer {number}",
        "givenName": "New",
        "surname": f"Comer {number}",
        "accountEnabled": True,
        **properties,
    }
    [made] = company.site.directory.change(op("add_user", set=values))
    company.site.sync(Stage.USERS)
    return str(made["id"])


def extension_of(company: Company, person: str) -> ExtensionKey:
    """Return somebody's extension."""
    found = find_by_person(company.site.tenant.id, person)
    assert found is not None
    return found


def decide(company: Company, person: str) -> Admission | EntryRefusal:
    """Return whether somebody is admitted now."""
    directory = company.site.directory.directory_id
    return admit(company.site.tenant.id, directory, person, now=utc_now())


def admission_of(company: Company, person: str) -> Admission:
    """Return the admission of somebody who is to be admitted."""
    found = decide(company, person)
    assert isinstance(found, Admission), found
    return found


def enter(company: Company, person: str, *, session_id: str = "sid", hint: str = "") -> Entry:
    """Begin somebody's session."""
    return enter_by_directory(
        admission_of(company, person),
        visitor=VISITOR,
        session_id=session_id,
        logout_hint=hint,
        now=utc_now(),
    )


def living(entry: Entry) -> SignedIn | None:
    """Return who is signed in by an entry, if somebody still is."""
    return find_session(entry.token, now=utc_now())


def execute(company: Company, statement: str, *values: object) -> None:
    """Change something behind everybody's back."""
    with psycopg.connect(company.machine.conninfo) as connection:
        connection.execute(statement, values)


def rows(company: Company, statement: str, *values: object) -> list[tuple[Any, ...]]:
    """Ask the database."""
    with psycopg.connect(company.machine.conninfo) as connection:
        return connection.execute(statement, values).fetchall()
