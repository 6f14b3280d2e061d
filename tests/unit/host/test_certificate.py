"""Which certificates can be served, and what is said of those that cannot."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import PrivateFormat

from rollcall.core.findings import Finding, Light
from rollcall.environment import Environment, read_environment
from rollcall.host.certificate import (
    CertificateError,
    CertificateFiles,
    ServerPair,
    check_certificate,
    parse_pair,
    read_files,
)
from tests.pairs import Key, Pair, new_pair

Environments = Callable[..., Environment]

FILES = CertificateFiles(Path("/tls/cert.pem"), Path("/tls/key.pem"), own=True)
GOOD = new_pair()


@pytest.fixture
def environment_with(tmp_path: Path) -> Environments:
    """Make the environment of a machine with these settings, in a home of the test's own."""

    def made(**settings: str) -> Environment:
        environ = {f"ROLLCALL_{name.upper()}": value for name, value in settings.items()}
        return read_environment(environ={"ROLLCALL_HOME": str(tmp_path), **environ}, cwd=tmp_path)

    return made


def parsed(certificate: bytes, key: bytes) -> ServerPair:
    return parse_pair(FILES, certificate, key)


def refused(certificate: bytes, key: bytes) -> str:
    with pytest.raises(CertificateError) as caught:
        parsed(certificate, key)
    return str(caught.value)


@pytest.mark.parametrize("style", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
@pytest.mark.parametrize("kind", ["rsa", "ec"])
def test_keys_are_taken_in_all_the_forms_in_which_they_are_written(
    kind: str, style: PrivateFormat
) -> None:
    key: Key = (
        rsa.generate_private_key(public_exponent=65537, key_size=2048)
        if kind == "rsa"
        else ec.generate_private_key(ec.SECP256R1())
    )
    pair = Pair(key)

    served = parsed(pair.pem, pair.key_pem(style=style))

    assert served.key == pair.key_pem()
    assert served.certificate == pair.pem
    assert served.names == {"pbx.example.com"}


def test_text_around_the_certificates_is_left_out_and_the_chain_is_kept() -> None:
    authority = new_pair("ca.example.com")
    chain = b"Bag Attributes: x\n" + GOOD.pem + b"\nissuer\n" + authority.pem

    assert parsed(chain, GOOD.key_pem()).certificate == GOOD.pem + authority.pem


@pytest.mark.parametrize(
    "key",
    [
        ec.generate_private_key(ec.SECP521R1()),
        ec.generate_private_key(ec.SECP256K1()),
        rsa.generate_private_key(public_exponent=65537, key_size=1024),
        rsa.generate_private_key(public_exponent=65537, key_size=2056),
    ],
    ids=["p-521", "secp256k1", "rsa-1024", "rsa-2056"],
)
def test_kinds_of_keys_that_the_web_server_does_not_take_are_refused(key: Key) -> None:
    pair = Pair(key)

    assert "does not take the kind of key in /tls/key.pem" in refused(pair.pem, pair.key_pem())


def test_an_ed25519_key_is_taken() -> None:
    pair = Pair(ed25519.Ed25519PrivateKey.generate())

    assert parsed(pair.pem, pair.key_pem()).names == {"pbx.example.com"}


def test_a_key_of_another_certificate_is_refused() -> None:
    assert refused(GOOD.pem, new_pair().key_pem()) == (
        "The key in /tls/key.pem is not that of the certificate in /tls/cert.pem."
    )


def test_a_chain_that_begins_with_another_certificate_is_refused() -> None:
    chain = new_pair("ca.example.com").pem + GOOD.pem

    assert "is not the first in /tls/cert.pem" in refused(chain, GOOD.key_pem())


def test_a_key_behind_a_password_is_refused() -> None:
    assert "locked with a password" in refused(GOOD.pem, GOOD.key_pem(password=b"secret"))


@pytest.mark.parametrize("content", [b"", b"x", GOOD.pem[:200], GOOD.pem[:-30], GOOD.key_pem()])
def test_half_a_certificate_is_refused(content: bytes) -> None:
    assert refused(content, GOOD.key_pem()).startswith("/tls/cert.pem does not hold whole")


@pytest.mark.parametrize("content", [b"", b"x", GOOD.key_pem()[:100], GOOD.pem])
def test_half_a_key_is_refused(content: bytes) -> None:
    assert refused(GOOD.pem, content).startswith("/tls/key.pem does not hold a whole")


def test_a_file_that_is_gone_is_said_in_a_sentence(tmp_path: Path) -> None:
    files = CertificateFiles(tmp_path / "cert.pem", tmp_path / "key.pem", own=True)

    with pytest.raises(CertificateError) as caught:
        read_files(files)

    assert str(caught.value) == f"{tmp_path}/cert.pem cannot be read (No such file or directory)."


def test_a_certificate_is_valid_from_its_begin_to_its_end() -> None:
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    end = begin + timedelta(days=90)
    pair = ServerPair(b"", b"", frozenset(), begin, end)
    moment = timedelta(seconds=1)

    assert pair.fault(begin - moment) == "is not valid before 2026-01-01 00:00 UTC"
    assert pair.fault(begin) == pair.fault(end - moment) == ""
    assert pair.fault(end) == "expired on 2026-04-01 00:00 UTC"


@pytest.mark.parametrize(
    ("host", "covered"),
    [
        ("pbx.example.com", True),
        ("a.example.org", True),
        ("a.b.example.org", False),
        ("example.org", False),
        ("127.0.0.1", True),
        ("localhost", False),
    ],
)
def test_a_wildcard_stands_for_one_label(host: str, *, covered: bool) -> None:
    names = frozenset({"pbx.example.com", "*.example.org", "127.0.0.1"})
    now = datetime.now(UTC)

    assert ServerPair(b"", b"", names, now, now).covers(host) is covered


def test_the_key_is_not_shown() -> None:
    assert "PRIVATE KEY" not in repr(parsed(GOOD.pem, GOOD.key_pem()))


def test_doctor_looks_at_no_certificate_without_https(environment_with: Environments) -> None:
    finding = check_certificate(environment_with(https="off"))

    assert finding.light is Light.GREEN
    assert "HTTPS is off" in finding.message


def test_doctor_says_that_one_will_be_made(environment_with: Environments) -> None:
    assert "is made at the first start" in check_certificate(environment_with()).message


@pytest.mark.parametrize(
    ("pair", "light", "said"),
    [
        (new_pair(days=90), Light.GREEN, "is valid for 90 days."),
        (new_pair(days=10), Light.AMBER, "is valid for 10 days."),
        (new_pair(days=0), Light.RED, "expired on "),
        (new_pair("other.example.com"), Light.AMBER, "is not for pbx.example.com."),
    ],
    ids=["good", "soon", "expired", "other"],
)
def test_doctor_says_how_it_is_with_an_administrators_certificate(
    environment_with: Environments, tmp_path: Path, pair: Pair, light: Light, said: str
) -> None:
    finding = _doctor(environment_with, pair.write(tmp_path))

    assert finding.light is light
    assert said in finding.message
    assert finding.help == "https-certificates.md"


def test_doctor_says_that_files_do_not_fit(environment_with: Environments, tmp_path: Path) -> None:
    certificate, key = new_pair().write(tmp_path)
    key.write_bytes(new_pair().key_pem())

    finding = _doctor(environment_with, (certificate, key))

    assert finding.light is Light.RED
    assert finding.message == f"The key in {key} is not that of the certificate in {certificate}."


def _doctor(environment_with: Environments, files: tuple[Path, Path]) -> Finding:
    certificate, key = files
    return check_certificate(
        environment_with(tls_cert=str(certificate), tls_key=str(key), web_domain="pbx.example.com")
    )
