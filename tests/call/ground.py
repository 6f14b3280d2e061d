"""Who is on the ground of these tests: two tenants with the same numbers, people, their phones."""

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any, Final
from uuid import UUID

import psycopg

from rollcall.accounts.operations import NewAccount, add_account
from rollcall.accounts.sessions import begin_session, find_session
from rollcall.calling.models import Device
from rollcall.calling.models import Line as LineRow
from rollcall.telephony.operations import add_extension
from rollcall.telephony.queries import find_row
from rollcall.tenants.operations import add_tenant
from rollcall.tenants.queries import get_tenant
from rollcall.wiring.machine import utc_now
from tests.call.messages import Login
from tests.call.wire import Line

FIRST: Final = 2001


@dataclass
class Person:
    """Somebody of a tenant, with a desk phone's login."""

    firm: "Firm"
    extension_id: int
    line: Line
    device_id: int

    @property
    def number(self) -> str:
        """The extension's number."""
        return self.line.number

    @property
    def uri(self) -> str:
        """The address of record."""
        return self.line.uri

    def add_device(self) -> Line:
        """Give them one more desk phone."""
        return self.firm.add_device(self.extension_id, self.number)[1]

    def add_web_line(self, *, lives: timedelta = timedelta(minutes=10)) -> tuple[Line, UUID]:
        """Open a session for them and a web phone in it; return its line, and the session."""
        return self.firm.add_web_line(self.extension_id, self.number, lives=lives)


@dataclass
class Firm:
    """A tenant."""

    tenant_id: int
    slug: str
    domain: str
    _numbers: set[int] = field(default_factory=set)

    def hire(self, number: int = FIRST) -> Person:
        """Have somebody new, with a desk phone's login and the first free number from one on."""
        number = next(free for free in count(number) if free not in self._numbers)
        self._numbers.add(number)
        add_extension(
            self.tenant_id, number=number, fields={"display_name": f"{self.slug} {number}"}
        )
        extension_id = int(find_row(self.tenant_id, number).pk)
        device_id, line = self.add_device(extension_id, str(number))
        return Person(self, extension_id, line, device_id)

    def add_device(self, extension_id: int, number: str) -> tuple[int, Line]:
        """Add a desk phone; return its id and its line."""
        login = Login(f"{number}-{_word(6)}", secrets.token_urlsafe(15))
        row = Device(
            tenant_id=self.tenant_id,
            extension_id=extension_id,
            name="of the tests",
            username=login.username,
            realm=self.domain,
            ha1=ha1(login, self.domain),
            password_at=utc_now(),
        )
        row.save()
        return int(row.pk), Line(number, self.domain, login)

    def add_web_line(
        self, extension_id: int, number: str, *, lives: timedelta
    ) -> tuple[Line, UUID]:
        """Add a web phone's line, and the session that it belongs to."""
        new = NewAccount(
            email=f"{_word(12)}@{self.domain}", role="administrator", tenant_id=self.tenant_id
        )
        now = utc_now()
        found = find_session(begin_session(add_account(new, actor="test"), now=now), now=now)
        assert found is not None
        login = Login(f"w{_word(20)}", secrets.token_urlsafe(24))
        LineRow(
            username=login.username,
            tenant_id=self.tenant_id,
            extension_id=extension_id,
            session=found.session_id,
            realm=self.domain,
            ha1=ha1(login, self.domain),
            expires_at=now + lives,
        ).save()
        return Line(number, self.domain, login), found.session_id


@dataclass
class Ground:
    """The database of a switch, and its tenants."""

    conninfo: str
    north: Firm
    south: Firm

    def tell(self, statement: str, *values: Any) -> None:
        """Change something in the database, as whoever may."""
        with psycopg.connect(self.conninfo, autocommit=True) as connection:
            connection.execute(statement, values)

    def value(self, statement: str, *values: Any) -> Any:
        """Return the first value that a query finds."""
        rows = self.rows(statement, *values)
        return next(iter(rows[0].values())) if rows else None

    def rows(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        """Return what a query finds."""
        with psycopg.connect(
            self.conninfo, autocommit=True, row_factory=psycopg.rows.dict_row
        ) as connection:
            return connection.execute(statement, values).fetchall()


def found_firm(slug: str) -> Firm:
    """Have a tenant."""
    domain = f"{slug}.example"
    add_tenant(
        slug=slug, name=slug.title(), sip_domain=domain, time_zone="Europe/Berlin", country="DE"
    )
    return Firm(get_tenant(slug).id, slug, domain)


def ha1(login: Login, realm: str) -> str:
    """Return what the database keeps instead of a password."""
    return hashlib.md5(f"{login.username}:{realm}:{login.password}".encode()).hexdigest()


def _word(length: int) -> str:
    return "".join(secrets.choice("abcdefghjkmnpqrstuvwxyz23456789") for _ in range(length))
