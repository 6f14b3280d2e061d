"""The certificate changes while people are served, and nobody notices."""

import ssl
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from rollcall.environment import read_environment
from rollcall.host.certificate import check_certificate
from rollcall.service.web import PROCESSES
from tests.integration.commands.program import Program
from tests.integration.web.hammer import hammering
from tests.integration.web.server import Web, running_web, wait_until
from tests.pairs import Key, Pair, new_pair

QUICKLY = 30.0
"""Seconds within which a new handshake shows a new certificate, on a busy machine."""


@pytest.fixture(scope="module")
def own_files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """An administrator's certificate and key."""
    return new_pair().write(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def own(web_program: Program, own_files: tuple[Path, Path]) -> Iterator[Web]:
    """A web server with an administrator's certificate."""
    certificate, key = own_files
    with running_web(web_program, tls_cert=str(certificate), tls_key=str(key)) as web:
        yield web


def test_what_cannot_be_served_is_refused_in_a_sentence_and_the_one_before_stays(
    own: Web, own_files: tuple[Path, Path]
) -> None:
    certificate, key = own_files
    wait_until(lambda: len(own.workers()) == PROCESSES)
    good, workers = own.certificate(), own.workers()
    before = len(own.said("certificate.refused"))

    certificate.write_bytes(new_pair().pem)
    wait_until(lambda: len(own.said("certificate.refused")) > before)

    (said,) = own.said("certificate.refused")[before:]
    assert said["sentence"] == (
        f"The key in {key} is not that of the certificate in {certificate}. "
        "The certificate before it is served meanwhile."
    )
    assert own.certificate() == good
    assert own.workers() == workers
    environment = read_environment(
        environ={
            "ROLLCALL_HOME": str(own.program.home),
            "ROLLCALL_TLS_CERT": str(certificate),
            "ROLLCALL_TLS_KEY": str(key),
        },
        cwd=Path("/"),
    )
    assert check_certificate(environment).message in said["sentence"]
    assert own.ask("/metrics").body.count("rollcall_web_certificate_days 90.0") == 1


def test_a_new_certificate_is_served_and_no_request_fails(
    own: Web, own_files: tuple[Path, Path]
) -> None:
    before, fresh = own.certificate(), new_pair("new.example.com")
    renewed = len(own.said("certificate.renewed"))

    with hammering(own) as hammer:
        wait_until(lambda: hammer.answered["new"] > 50)
        workers = own.workers()
        fresh.write(own_files[0].parent)
        wait_until(lambda: own.certificate() == fresh.der, seconds=QUICKLY)
        wait_until(lambda: not set(own.workers()) & set(workers))
        shown = {own.certificate() for _ in range(20)}

    assert hammer.failures == []
    assert shown == {fresh.der} != {before}
    assert min(hammer.answered.values()) > 100
    assert len(own.said("certificate.renewed")) == renewed + 1


def test_every_kind_of_key_that_is_accepted_can_be_served(
    own: Web, own_files: tuple[Path, Path]
) -> None:
    keys: tuple[Key, ...] = (
        rsa.generate_private_key(public_exponent=65537, key_size=4096),
        ec.generate_private_key(ec.SECP384R1()),
        ed25519.Ed25519PrivateKey.generate(),
    )
    for key in keys:
        pair = Pair(key)
        pair.write(own_files[0].parent)
        wait_until(partial(shows, own, pair), seconds=QUICKLY)


def test_a_moment_in_which_files_do_not_fit_goes_by_unnoticed(
    own: Web, own_files: tuple[Path, Path]
) -> None:
    certificate, key = own_files
    pair, before = new_pair(), len(own.said("certificate.refused"))

    certificate.write_bytes(pair.pem[:300])
    time.sleep(1.1)
    key.unlink()
    certificate.write_bytes(pair.pem)
    key.write_bytes(pair.key_pem())
    wait_until(lambda: own.certificate() == pair.der, seconds=QUICKLY)

    assert len(own.said("certificate.refused")) == before


def test_a_self_signed_certificate_is_made_anew_in_time(web: Web) -> None:
    tls = web.program.home / "tls"
    kept, old = web.certificate(), new_pair("localhost", days=20)

    (tls / "key.pem").write_bytes(old.key_pem())
    (tls / "certificate.pem").write_bytes(old.pem)

    def made_anew() -> bool:
        shown = ssl.DER_cert_to_PEM_cert(web.certificate())
        inside = (tls / "certificate.pem").read_text()
        return inside == shown and web.certificate() not in {kept, old.der}

    wait_until(made_anew, seconds=QUICKLY)


def test_a_start_without_a_certificate_that_can_be_served_is_refused(
    web_program: Program, tmp_path: Path
) -> None:
    certificate, key = new_pair().write(tmp_path)
    key.write_bytes(new_pair().key_pem())
    program = Program(
        web_program.home,
        {"ROLLCALL_TLS_CERT": str(certificate), "ROLLCALL_TLS_KEY": str(key)},
    )

    ended = program.run("web")

    assert ended.code == 1
    assert ended.err.splitlines()[-1] == (
        "Error: The web server has no certificate. "
        f"The key in {key} is not that of the certificate in {certificate}."
    )


def shows(web: Web, pair: Pair) -> bool:
    """Whether a new handshake shows this certificate."""
    return web.certificate() == pair.der
