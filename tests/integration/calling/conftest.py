"""Two companies with extensions made by hand, and the switch's own role."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from rollcall.accounts.models import Session
from rollcall.accounts.operations import NewAccount, add_account
from rollcall.accounts.sessions import begin_session
from rollcall.accounts.tokens import digest_of
from rollcall.telephony.operations import add_extension
from rollcall.telephony.queries import get_key
from rollcall.tenants.operations import add_tenant
from rollcall.tenants.queries import TenantView
from tests.databases import shared_database, shared_server_database

__all__ = ["shared_database", "shared_server_database"]

SWITCH = "rollcall_switch"
MakeTenant = Callable[..., TenantView]
MakeSession = Callable[[int, int], UUID]
Register = Callable[..., str]


@pytest.fixture
def tenant(new_tenant: MakeTenant) -> TenantView:
    """A company with the extensions 2000 to 2004."""
    return new_tenant()


@pytest.fixture
def new_tenant(shared_database: str) -> MakeTenant:
    """Make a company with some extensions, those from 2000 to 2004 unless others are named."""

    def made(*numbers: int, country: str = "DE") -> TenantView:
        slug = f"t-{uuid4().hex[:12]}"
        view = add_tenant(
            slug=slug,
            name="Acme",
            sip_domain=f"{slug}.example",
            time_zone="Europe/Berlin",
            country=country,
        )
        for number in numbers or range(2000, 2005):
            add_extension(view.id, number=number, fields={"display_name": f"Person {number}"})
        return view

    return made


@pytest.fixture
def new_session(shared_database: str) -> MakeSession:
    """Begin a session of an extension's own account; return its public id."""

    def made(tenant_id: int, extension_id: int) -> UUID:
        account = add_account(
            NewAccount(
                email=f"{uuid4().hex}@acme.example",
                role="user",
                tenant_id=tenant_id,
                extension_id=extension_id,
            ),
            actor="test",
        )
        token = begin_session(account, now=datetime.now(UTC))
        return Session.objects.all_tenants().get(digest=digest_of(token)).public_id

    return made


@pytest.fixture
def switch(shared_database: str) -> Iterator[psycopg.Connection]:
    """A connection as the switch has it."""
    address = make_conninfo(shared_database, user=SWITCH, options="-c search_path=sip")
    with psycopg.connect(address, autocommit=True) as connection:
        yield connection


@pytest.fixture
def register(switch: psycopg.Connection) -> Register:
    """Write down a registration as the switch does: register(tenant, number, username)."""

    def made(
        tenant: TenantView, number: int, username: str, *, expires: int = 600, age: int = 0
    ) -> str:
        ruid = f"uloc-{uuid4().hex}"
        now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
        row = {
            "ruid": ruid,
            "username": str(number),
            "domain": tenant.sip_domain,
            "contact": f"sip:{username}@192.0.2.7:5062;transport=tls",
            "received": "sip:198.51.100.9:40312;transport=tls",
            "expires": now + timedelta(seconds=expires),
            "user_agent": "Desk phone 1.0",
            "last_modified": now - timedelta(seconds=age),
        }
        columns = ", ".join(row)
        values = ", ".join(f"%({name})s" for name in row)
        switch.execute(f"INSERT INTO location ({columns}) VALUES ({values})", row)
        switch.execute(
            "INSERT INTO location_attrs (ruid, username, domain, aname, avalue) "
            "VALUES (%s, %s, %s, 'username', %s)",
            [ruid, str(number), tenant.sip_domain, username],
        )
        return ruid

    return made


def extension_id(tenant: TenantView, number: int = 2000) -> int:
    """Return the id of an extension."""
    return get_key(tenant.id, number).id
