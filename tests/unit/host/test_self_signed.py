"""The certificate that Rollcall makes for itself."""

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from rollcall.core.findings import Light
from rollcall.environment import Environment, read_environment
from rollcall.host.certificate import check_certificate
from rollcall.host.self_signed import (
    ensure_self_signed,
    make_self_signed,
    self_signed_files,
    wanted_names,
)

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def environment_in(home: Path, **settings: str) -> Environment:
    environ = {f"ROLLCALL_{name.upper()}": value for name, value in settings.items()}
    return read_environment(environ={"ROLLCALL_HOME": str(home), **environ}, cwd=home)


def contents(home: Path) -> tuple[bytes, bytes]:
    certificate, key = self_signed_files(home)
    return certificate.read_bytes(), key.read_bytes()


def test_it_is_for_all_names_that_this_machine_has(tmp_path: Path) -> None:
    environment = environment_in(
        tmp_path,
        web_domain="pbx.example.com:8443",
        sbc_domain="sbc.example.com",
        listen="[2001:db8::1]:443",
    )

    assert wanted_names(environment, machine="Node-7") == (
        *("localhost", "127.0.0.1", "::1", "node-7"),
        *("pbx.example.com", "sbc.example.com", "2001:db8::1"),
    )


def test_what_is_no_name_of_one_machine_is_left_out(tmp_path: Path) -> None:
    environment = environment_in(tmp_path, listen="0.0.0.0:8443", web_domain="localhost")

    for machine in ("under_score", "ümlaut", "-x", "", "localhost"):
        names = wanted_names(environment, machine=machine)
        assert names == ("localhost", "127.0.0.1", "::1")


def test_it_is_what_browsers_ask_for() -> None:
    pem, _ = make_self_signed(("localhost", "::1", "pbx.example.com"), now=NOW)
    certificate = x509.load_pem_x509_certificate(pem.encode())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value

    assert isinstance(certificate.public_key(), ec.EllipticCurvePublicKey)
    assert names.get_values_for_type(x509.DNSName) == ["localhost", "pbx.example.com"]
    assert [str(ip) for ip in names.get_values_for_type(x509.IPAddress)] == ["::1"]
    assert certificate.not_valid_before_utc < NOW
    assert certificate.not_valid_after_utc - certificate.not_valid_before_utc < 825 * DAY


def test_a_long_name_of_the_machine_fits() -> None:
    pem, _ = make_self_signed((f"{'x' * 60}.example.com",), now=NOW)

    assert x509.load_pem_x509_certificate(pem.encode()).subject.rfc4514_string()


def test_it_is_made_once_with_a_key_that_is_closed_to_others(tmp_path: Path) -> None:
    environment = environment_in(tmp_path)

    ensure_self_signed(environment, now=NOW)
    made = contents(tmp_path)
    ensure_self_signed(environment, now=NOW + 700 * DAY)

    assert contents(tmp_path) == made
    certificate, key = self_signed_files(tmp_path)
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE(certificate.stat().st_mode) == 0o644


def test_it_is_made_anew_when_it_is_about_to_expire(tmp_path: Path) -> None:
    environment = environment_in(tmp_path)
    ensure_self_signed(environment, now=NOW)
    made = contents(tmp_path)

    ensure_self_signed(environment, now=NOW + 800 * DAY)

    assert contents(tmp_path) != made


def test_it_is_made_anew_when_the_machine_gets_another_name(tmp_path: Path) -> None:
    ensure_self_signed(environment_in(tmp_path), now=NOW)
    made = contents(tmp_path)

    ensure_self_signed(environment_in(tmp_path, web_domain="pbx.example.com"), now=NOW)
    with_domain = contents(tmp_path)
    ensure_self_signed(environment_in(tmp_path), now=NOW)

    assert made != with_domain == contents(tmp_path)


def test_it_is_made_anew_when_it_is_broken_or_the_key_is_another(tmp_path: Path) -> None:
    environment = environment_in(tmp_path)
    _, other_key = make_self_signed(("localhost",), now=NOW)
    for content in ("", "x", other_key):
        ensure_self_signed(environment, now=NOW)
        certificate, key = self_signed_files(tmp_path)
        (key if content == other_key else certificate).write_text(content)
        made = contents(tmp_path)
        ensure_self_signed(environment, now=NOW)
        assert contents(tmp_path)[0] != made[0]


def test_doctor_says_that_browsers_warn_of_it(tmp_path: Path) -> None:
    for settings, light in (
        ({}, Light.GREEN),
        ({"web_domain": "pbx.example.com"}, Light.AMBER),
    ):
        environment = environment_in(tmp_path, **settings)
        ensure_self_signed(environment, now=NOW)
        finding = check_certificate(environment, clock=lambda: NOW)
        assert finding.light is light
        assert "It is self-signed" in finding.message
