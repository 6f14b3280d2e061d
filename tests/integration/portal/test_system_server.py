"""The provider's pages about the server, the clouds and the audit log of the system."""

import csv
import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import psycopg
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.test import Client

from rollcall.audit.operations import note
from rollcall.environment.values import HostPort
from rollcall.tenants.operations import add_tenant
from rollcall.tenants.queries import get_tenant
from rollcall.web.context import KEY, WebContext
from rollcall.wiring.machine import Machine, utc_now
from tests.integration.conftest import MakeSite
from tests.integration.portal.conftest import SignIn

PAGES = ("/system/server", "/system/clouds", "/system/audit", "/system/audit.csv")


def text_of(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.content.decode()
    return answer.content.decode()


def on(client: Any, machine: Machine, **values: object) -> Client:
    """Let a visitor ask a server with other settings."""
    environment = msgspec.structs.replace(machine.environment, **values)
    client.defaults.update({KEY: WebContext(environment, machine.conninfo)})
    visitor: Client = client
    return visitor


def write_certificate(path: Path, *, days: int) -> None:
    """Write a certificate that an authority of the test's own issued."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = utc_now()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "pbx.example.com")]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Example CA 1")]))
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=100))
        .not_valid_after(now + timedelta(days=days, minutes=-5))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("sbc.example.com")]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


def test_the_server_page_shows_where_it_is_reached(sign_in: SignIn, machine: Machine) -> None:
    domains = {
        "web_domain": HostPort("pbx.example.com", 443),
        "sbc_domain": HostPort("sbc.example.com", 5061),
    }
    page = text_of(on(sign_in("system"), machine, **domains), "/system/server")

    assert "https://pbx.example.com/ms365/callback" in page
    assert "https://sbc.example.com:5061/ms365/callback" in page
    assert "ROLLCALL_WEB_DOMAIN" in page
    assert "Up to date." in page
    assert "No process of the service says that it is alive" in page


def test_before_a_domain_is_set_the_page_says_what_follows(sign_in: SignIn) -> None:
    page = text_of(sign_in("system"), "/system/server")

    assert "not set: only this machine itself is answered" in page
    assert "none before the web domain is set" in page


def test_the_certificate_in_use_is_described(
    sign_in: SignIn, machine: Machine, tmp_path: Path
) -> None:
    path = tmp_path / "certificate.pem"
    provider = on(sign_in("system"), machine, tls_cert=path, tls_key=tmp_path / "key.pem")

    assert "cannot be read: No such file or directory." in text_of(provider, "/system/server")
    path.write_text("nonsense")
    assert "holds no certificate in PEM." in text_of(provider, "/system/server")
    write_certificate(path, days=200)
    page = text_of(provider, "/system/server")
    assert "CN=Example CA 1" in page
    assert "sbc.example.com" in page
    assert "200 days left" in page
    write_certificate(path, days=3)
    assert "ends soon" in text_of(provider, "/system/server")


def test_keys_are_named_and_not_shown(sign_in: SignIn, machine: Machine) -> None:
    ring = machine.key_ring()
    page = text_of(sign_in("system"), "/system/server")

    assert ring.current in page
    content = machine.environment.encryption_key_file.read_text()
    secret = msgspec.json.decode(content.encode())["keys"][ring.current]
    assert secret not in page


def test_living_processes_are_listed(sign_in: SignIn, conninfo: str) -> None:
    with psycopg.connect(conninfo) as connection:
        connection.execute(
            "INSERT INTO fleet_process (id, kind, host, pid, version, load, capacity, started_at, "
            "beat_at) VALUES (gen_random_uuid(), 'worker', 'pbx-1.example', 4711, '0.0.1', 3, 9, "
            "now(), now()), (gen_random_uuid(), 'web', 'dead.example', 1, '0.0.1', 0, 0, now(), "
            "now() - interval '1 hour')"
        )
    page = text_of(sign_in("system"), "/system/server")

    assert "pbx-1.example" in page
    assert "3 of 9 runs" in page
    assert "another version" in page
    assert "There is no scheduler" in page
    assert "dead.example" not in page


def test_clouds_show_their_hosts_and_who_uses_them(
    new_site: MakeSite, sign_in: SignIn, machine: Machine, conninfo: str
) -> None:
    site = new_site("people:1")
    provider = sign_in("system")

    page = text_of(provider, "/system/clouds")
    assert "https://graph.microsoft.com" in page
    assert site.simulator.graph in page
    assert "from rollcall.toml" in page
    assert "[clouds.CONTOSO]" in page

    with psycopg.connect(conninfo) as connection:
        connection.execute("UPDATE integrations_integration SET cloud = 'GONE'")
    assert "1 tenant names the cloud GONE" in text_of(provider, "/system/clouds")


def test_the_systems_log_shows_no_entry_of_a_tenant(sign_in: SignIn) -> None:
    add_tenant(slug="alpha", name="Alpha", sip_domain="a.example", time_zone="UTC", country="DE")
    note(actor="chief@example.com", action="encryption.rotated", subject="key")
    note(
        actor="somebody@example.com",
        action="tenant.changed",
        subject="alpha",
        tenant_id=get_tenant("alpha").id,
    )
    provider = sign_in("system")

    page = text_of(provider, "/system/audit")
    assert "chief@example.com" in page
    assert "somebody@example.com" not in page
    assert "Nothing that was noted fits" in text_of(provider, "/system/audit?q=nobody-like-this")
    answer = provider.get("/system/audit.csv")
    content = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]  # a stream
    rows = list(csv.reader(io.StringIO(content)))
    assert [row[1] for row in rows if "example.com" in row[1]] == ["chief@example.com"]


def test_these_pages_are_closed_to_tenants(nobody: Client, sign_in: SignIn) -> None:
    add_tenant(slug="alpha", name="Alpha", sip_domain="a.example", time_zone="UTC", country="DE")
    for role in ("administrator", "user"):
        client = sign_in(role, get_tenant("alpha").id)
        assert {client.get(path).status_code for path in PAGES} == {404}
    assert {nobody.get(path).status_code for path in PAGES} == {303}
