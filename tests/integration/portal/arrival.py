"""Somebody who signs in as people do: with a password, a device, by the pages."""

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import psycopg
import pyotp
from django.test import Client

from rollcall.accounts.factor_operations import set_up_factor
from rollcall.accounts.operations import NewAccount, add_account, set_password
from rollcall.tenants.operations import add_tenant
from rollcall.tenants.queries import TenantView
from rollcall.web.identity import COOKIE
from rollcall.wiring.machine import Machine, utc_now

PASSWORD = "correct horse battery staple"
ELSE = "violet anchors drift at noon"
EMAIL = "ada@rollcall.example"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def new_tenant(slug: str = "contoso", *, name: str = "") -> TenantView:
    """Add a tenant that is connected to nothing."""
    return add_tenant(
        slug=slug,
        name=name or slug.title(),
        sip_domain=f"{slug}.example",
        time_zone="Europe/Berlin",
        country="DE",
    )


def new_account(
    role: str = "user",
    tenant_id: int | None = None,
    *,
    email: str = EMAIL,
    password: str = PASSWORD,
) -> int:
    """Add an account with a password; return its id."""
    account_id = add_account(
        NewAccount(email=email, role=role, tenant_id=tenant_id, name="Ada"), actor="test"
    )
    if password:
        set_password(account_id, password, actor="test", now=utc_now())
    return account_id


def give_device(machine: Machine, account_id: int) -> list[str]:
    """Set up a second factor, with an older code than the present one; return recovery codes."""
    now = utc_now()
    code = pyotp.TOTP(SECRET).at(now, counter_offset=-1)
    return set_up_factor(
        account_id, secret=SECRET, code=code, ring=machine.key_ring(), now=now, replace=False
    )


def present_code(secret: str = SECRET) -> str:
    """Return the code that a device shows now."""
    return pyotp.TOTP(secret).now()


def sign_in_by(
    client: Client, email: str = EMAIL, password: str = PASSWORD, *, at: str = "/sign-in"
) -> str:
    """Send the form of the sign-in page; return where it leads, or nothing if it does not."""
    answer = client.post(at, {"email": email, "password": password})
    return str(answer.headers.get("Location", ""))


def is_in(client: Client) -> bool:
    """Tell whether somebody is signed in."""
    return client.get("/account/").status_code == 200


def hidden_value(page: str, name: str) -> str:
    """Return what stands in a field of a page."""
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)
    assert found, f"no field {name}"
    return unescape(found[1])


def secret_in(page: str) -> str:
    """Return the key that a page shows for a device."""
    found = re.search(r'<code class="key"[^>]*>([A-Z2-7 ]+)</code>', page)
    assert found, "no key"
    return found[1].replace(" ", "")


def cookie_of(client: Client) -> str:
    """Return the session's token."""
    return client.cookies[COOKIE].value if COOKIE in client.cookies else ""


def audited(conninfo: str, action: str) -> list[tuple[int | None, str, dict[str, object]]]:
    """Return the tenant, actor and detail of the entries of an action, the oldest first."""
    with psycopg.connect(conninfo) as connection:
        return connection.execute(
            "SELECT tenant_id, actor, detail FROM audit_auditentry WHERE action = %s ORDER BY id",
            [action],
        ).fetchall()


def mails(conninfo: str) -> list[tuple[str, str]]:
    """Return to whom mails are queued, and their texts."""
    with psycopg.connect(conninfo) as connection:
        return connection.execute('SELECT "to", text FROM mail_outgoingmail ORDER BY id').fetchall()


def set_mail_server(conninfo: str) -> None:
    """Let mails go out: they are queued for a server that nobody asks here."""
    with psycopg.connect(conninfo) as connection:
        connection.execute(
            'INSERT INTO mail_mailserver (id, host, port, security, "user", sender, sender_name, '
            "notice_addresses, changed_at) VALUES "
            "(1, 'mail.example', 587, 'starttls', '', 'pbx@rollcall.example', '', '{}', now())"
        )


def links_in(text: str) -> list[str]:
    """Return the paths of the links in a text."""
    return [urlsplit(each).path for each in re.findall(r"https?://\S+", text)]


def next_in(location: str) -> str:
    """Return where an address says to go on to."""
    return parse_qs(urlsplit(location).query).get("next", [""])[0]
