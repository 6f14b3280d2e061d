"""What is told to whom: each thing once, its end once, and one mail to the provider."""

import threading
from datetime import timedelta

import psycopg
import pytest
from django.db import connection

from rollcall.accounts.operations import NewAccount, add_account
from rollcall.core.notices import CertificateFacts
from rollcall.mail.operations import set_notice_addresses
from rollcall.mail.queries import notice_addresses, open_notices
from rollcall.web.scope import tenant_scope
from rollcall.wiring.machine import Machine
from rollcall.wiring.mail import send_waiting
from rollcall.wiring.notices import APART, tell_notices
from tests.clocks import FixedClock
from tests.integration.conftest import MakeSite
from tests.integration.mail.conftest import set_server
from tests.integration.mail.server import MailHost
from tests.simulator.control import op
from tests.sites import ROLES, Site

OPS = "ops@provider.example"
ADMIN = "admin@contoso.example"
SPEC = "people:6:2,guests=0,disabled=0"


@pytest.fixture
def site(new_site: MakeSite) -> Site:
    """A tenant with an administrator, which was synchronised once."""
    site = new_site(SPEC)
    add_administrator(site)
    site.sync()
    return site


def add_administrator(site: Site, email: str = ADMIN) -> None:
    add_account(
        NewAccount(email=email, role="administrator", tenant_id=site.tenant.id), actor="test"
    )


@pytest.fixture
def host(host: MailHost, machine: Machine) -> MailHost:
    """The mail server, with somebody at the provider who gets notices."""
    set_server(machine, host, notice_addresses=(OPS,))
    return host


def tell(site: Site, host: MailHost, **after: float) -> list[tuple[str, str]]:
    """Tell what is to be told, so long after, and send it; return who got what."""
    before = len(host.mails)
    now = site.clock() + timedelta(**after)
    tell_notices(site.machine, now=now)
    send_waiting(site.machine, clock=FixedClock(now + timedelta(seconds=1)))
    return sorted((str(mail["To"]), str(mail["Subject"])) for mail in host.mails[before:])


def break_(site: Site) -> None:
    """Take a permission from the application, and run."""
    site.application.set_roles("Contacts.Read")
    site.simulator.revoke_tokens()
    site.sync(expect="failed")


def mend(site: Site) -> None:
    """Give the permission back, and run."""
    site.application.set_roles(*ROLES)
    site.simulator.revoke_tokens()
    site.sync()


def text_to(host: MailHost, address: str) -> str:
    return str(next(mail for mail in reversed(host.mails) if mail["To"] == address).get_content())


def schedule(site: Site, **values: object) -> None:
    """Give the integration a schedule, as a scheduler does."""
    columns = {"slot_at": site.clock() + timedelta(hours=12), **values}
    with psycopg.connect(site.machine.conninfo) as database:
        database.execute(
            "INSERT INTO integrations_schedule "
            "(integration_id, tenant_id, time, zone, slot_at, next_at, succeeded_at) "
            "VALUES (%(i)s, %(t)s, '00:00', 'UTC', %(slot_at)s, %(slot_at)s, %(succeeded_at)s) "
            "ON CONFLICT (integration_id) DO UPDATE SET slot_at = excluded.slot_at, "
            "succeeded_at = excluded.succeeded_at",
            {"succeeded_at": None, **columns, "i": site.integration.id, "t": site.tenant.id},
        )


def test_nothing_is_told_of_a_tenant_that_does_well(site: Site, host: MailHost) -> None:
    assert tell(site, host) == []


def test_a_failure_is_told_once_to_both_and_so_is_its_end(site: Site, host: MailHost) -> None:
    break_(site)

    subject = "Contoso: the sync with Microsoft 365 failed"
    assert tell(site, host) == [(ADMIN, subject), (OPS, subject)]
    assert "User.Read.All" in text_to(host, ADMIN)
    assert "https://" not in text_to(host, ADMIN), "no web domain, no link"
    site.sync(expect="failed")
    assert tell(site, host) == []

    mend(site)
    subject = "Contoso: the sync with Microsoft 365 works again"
    assert tell(site, host) == [(ADMIN, subject)]
    assert tell(site, host, seconds=APART.total_seconds()) == [(OPS, subject)]
    assert tell(site, host, days=1) == []


def test_a_certificate_is_told_of_as_its_end_comes_near(site: Site, host: MailHost) -> None:
    name = "Contoso: the certificate for Microsoft 365"
    schedule(site)
    found = []
    for days in (300, 306, 336, 352, 359, 365, 366, 367):
        site.clock.moment = site.clock().replace(microsecond=0)
        now = FixedClock(site.clock() + timedelta(days=days))
        with psycopg.connect(site.machine.conninfo) as database:
            database.execute(
                "UPDATE integrations_schedule SET slot_at = %(now)s, succeeded_at = %(now)s",
                {"now": now()},
            )
        tell_notices(site.machine, now=now())
        send_waiting(site.machine, clock=FixedClock(now() + timedelta(seconds=1)))
        found += [(days, str(m["Subject"])) for m in host.mails if m["To"] == ADMIN]
        host.mails.clear()

    assert found == [
        (306, f"{name} ends in 59 days"),
        (336, f"{name} ends in 29 days"),
        (352, f"{name} ends in 13 days"),
        (359, f"{name} ends in 6 days"),
        (365, f"{name} has ended"),
    ]


def test_a_new_key_pair_ends_the_warning_once_microsoft_took_it(site: Site, host: MailHost) -> None:
    with psycopg.connect(site.machine.conninfo) as database:
        database.execute(
            "UPDATE integrations_keypair SET not_before = %s, not_after = %s",
            [site.clock() - timedelta(days=340), site.clock() + timedelta(days=25)],
        )
    assert tell(site, host)[0][1].endswith("ends in 25 days")
    site.application.upload(site.renew_key())
    assert tell(site, host) == []
    site.simulator.revoke_tokens()
    site.sync()

    (mail,) = tell(site, host)
    assert mail == (ADMIN, "Contoso: the certificate for Microsoft 365 is renewed")


def test_a_held_plan_is_told_once_until_it_is_another_one(
    new_site: MakeSite, host: MailHost
) -> None:
    site = new_site("people:40,guests=0,disabled=0")
    add_administrator(site)
    site.sync()
    people = [each.directory_object_id for each in site.extensions()]
    site.directory.change(*(op("disable", user=each) for each in people[:30]))
    site.sync(expect="held")

    assert tell(site, host)[0] == (ADMIN, "Contoso: a sync is held until somebody decides")
    assert "30" in text_to(host, ADMIN)
    run = site.sync(expect="held")
    assert tell(site, host) == []
    site.approve(run)
    assert tell(site, host)[0] == (ADMIN, "Contoso: no sync is held any more")
    assert open_notices(site.tenant.id) == []


def test_silence_is_told_after_two_times_and_ends_with_a_sync(site: Site, host: MailHost) -> None:
    schedule(site, succeeded_at=site.clock())
    assert tell(site, host, days=1, hours=13) == []
    assert tell(site, host, days=1, hours=14)[0] == (
        ADMIN,
        "Contoso: no sync with Microsoft 365 for two days",
    )
    assert tell(site, host, days=3) == []
    site.sync()
    assert tell(site, host)[0] == (ADMIN, "Contoso: the sync with Microsoft 365 works again")


def test_a_tenants_own_addresses_come_before_its_administrators(site: Site, host: MailHost) -> None:
    assert notice_addresses(site.tenant.id) is None
    with tenant_scope(site.tenant.id):
        set_notice_addresses(site.tenant.id, [" it@contoso.example", ""], actor="test")
        assert notice_addresses(site.tenant.id) == ("it@contoso.example",)
    break_(site)

    assert [to for to, _ in tell(site, host)] == ["it@contoso.example", OPS]
    with tenant_scope(site.tenant.id):
        (notice,) = open_notices(site.tenant.id)
        assert (notice.kind, notice.told_to) == ("failed", ("it@contoso.example",))
        set_notice_addresses(site.tenant.id, None, actor="test")
    assert notice_addresses(site.tenant.id) is None


def test_what_could_not_be_told_is_told_once_there_is_a_mail_server(
    site: Site, machine: Machine, new_site: MakeSite
) -> None:
    break_(site)
    for _ in range(2):
        assert tell_notices(machine, now=site.clock()) == 0
    (notice,) = open_notices(site.tenant.id)
    assert notice.told_at is None

    set_server(machine, MailHost(port=1))
    assert tell_notices(machine, now=site.clock()) == 1
    assert tell_notices(machine, now=site.clock()) == 0
    (notice,) = open_notices(site.tenant.id)
    assert notice.told_at == site.clock()


def test_an_end_is_not_told_to_who_never_heard_of_the_beginning(
    site: Site, machine: Machine, host: MailHost
) -> None:
    with psycopg.connect(machine.conninfo) as database:
        database.execute("DELETE FROM mail_mailserver")
    break_(site)
    tell_notices(machine, now=site.clock())
    mend(site)
    set_server(machine, host, notice_addresses=(OPS,))

    assert tell(site, host) == []
    assert open_notices(site.tenant.id) == []


def plant_failures(machine: Machine, count: int) -> None:
    """Let so many tenants have failed."""
    with psycopg.connect(machine.conninfo) as database:
        database.execute(
            """
            WITH tenants AS (
                INSERT INTO tenants_tenant (slug, name, sip_domain, time_zone, country, state,
                    first_extension, last_extension, reserved_numbers, created_at)
                SELECT 't' || n, 'Tenant ' || n, 't' || n || '.example', 'UTC', 'DE', 'active',
                    1000, 9999, '{}', now()
                FROM generate_series(1, %(count)s) AS n RETURNING id
            ) SELECT count(*) FROM tenants
            """,
            {"count": count},
        )
        columns = [
            name
            for (name,) in database.execute(
                "SELECT column_name FROM information_schema.columns "
                "WHERE table_name = 'integrations_integration' "
                "AND column_name NOT IN ('id', 'tenant_id')"
            )
        ]
        same = ", ".join(f"i.{name}" for name in columns)
        database.execute(
            f"INSERT INTO integrations_integration (tenant_id, {', '.join(columns)}) "
            f"SELECT t.id, {same} FROM tenants_tenant AS t, "
            "(SELECT * FROM integrations_integration ORDER BY id LIMIT 1) AS i "
            "WHERE t.slug ~ '^t[0-9]'"
        )
        database.execute(
            "INSERT INTO integrations_syncrun (tenant_id, integration_id, trigger, asked_by, "
            'asked_at, state, dry_run, "full", stages, fence, started_at, finished_at, '
            "cancel_requested, progress, counts, problems, refused, hold, announced, requests, "
            "items, throttled_seconds, error) "
            "SELECT tenant_id, id, 'schedule', 'x', now(), 'failed', false, false, '{users}', 1, "
            "now(), now(), false, '{}', '{}', '[]', '{}', '', true, 0, 0, 0, "
            '\'{"code": "permission-missing", "message": "A permission is missing."}\' '
            "FROM integrations_integration WHERE tenant_id IN "
            "(SELECT id FROM tenants_tenant WHERE slug ~ '^t[0-9]')"
        )


def test_hundreds_of_failures_are_one_mail_to_the_provider(site: Site, host: MailHost) -> None:
    plant_failures(site.machine, 300)

    assert tell(site, host) == [(OPS, "300 notices from Rollcall")]
    text = text_to(host, OPS)
    assert "- Tenant 1: the sync with Microsoft 365 failed" in text
    assert "- and 250 more" in text
    break_(site)
    assert [to for to, _ in tell(site, host)] == [ADMIN], "the provider's mail waits a while"
    assert tell(site, host, seconds=APART.total_seconds()) == [
        (OPS, "Contoso: the sync with Microsoft 365 failed")
    ]


def test_two_schedulers_tell_a_thing_once(site: Site, host: MailHost) -> None:
    break_(site)

    def look() -> None:
        tell_notices(site.machine, now=site.clock())
        connection.close()

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(tell(site, host)) == 2


def test_the_webs_own_certificate_is_told_to_the_provider(site: Site, host: MailHost) -> None:
    now = site.clock()
    certificate = CertificateFacts("web", now - timedelta(days=80), now + timedelta(days=10))

    for _ in range(2):
        tell_notices(site.machine, now=now, web_certificate=certificate)
    send_waiting(site.machine, clock=FixedClock(now + timedelta(seconds=1)))

    assert [(str(m["To"]), str(m["Subject"])) for m in host.mails] == [
        (OPS, "The web server's certificate ends in 10 days")
    ]


def test_a_tenant_sees_its_own_notices_alone(site: Site, host: MailHost) -> None:
    plant_failures(site.machine, 2)
    tell_notices(site.machine, now=site.clock())

    with tenant_scope(site.tenant.id), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM mail_notice")
        assert cursor.fetchone()[0] == 0


def test_a_paused_sync_tells_nothing_and_forgets_nothing(site: Site, host: MailHost) -> None:
    break_(site)
    tell(site, host)
    site.set(paused=True)

    assert tell(site, host) == []
    site.set(paused=False)
    assert tell(site, host) == []
    assert [notice.kind for notice in open_notices(site.tenant.id)] == ["failed"]
