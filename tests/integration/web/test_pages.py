"""What the web server says, to whom, and how."""

import os
import socket
import ssl
import stat
from pathlib import Path

import pytest

from tests.integration.web import http2
from tests.integration.web.server import Web, anybody

HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cache-control": "no-store",
    "referrer-policy": "same-origin",
}


def test_healthz_says_ok(web: Web) -> None:
    answer = web.ask("/healthz")

    assert (answer.status, answer.body) == (200, "ok\n")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


def test_head_gets_the_headers_and_no_body(web: Web) -> None:
    for path in ("/healthz", "/readyz", "/metrics"):
        answer = web.ask(path, method="HEAD")
        assert (answer.status, answer.body) == (200, "")


def test_two_requests_go_on_one_connection(web: Web) -> None:
    with web.connection() as connection:
        for method in ("GET", "HEAD", "GET"):
            connection.request(method, "/healthz")
            answer = connection.getresponse()
            assert answer.status == 200
            assert answer.read() == (b"" if method == "HEAD" else b"ok\n")


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/", "/nowhere"])
def test_every_answer_has_the_headers_that_protect_and_no_cookie(web: Web, path: str) -> None:
    headers = web.ask(path).headers

    assert {name: headers.get(name) for name in HEADERS} == HEADERS
    assert headers["content-security-policy"].startswith("default-src 'none'; ")
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["strict-transport-security"] == "max-age=31536000"
    assert "set-cookie" not in headers


@pytest.mark.parametrize("path", ["/nowhere", "/healthz/", "/metrics/x", "/%ff", "/nowhere?x=1"])
def test_where_there_is_no_page_a_sentence_says_so(web: Web, path: str) -> None:
    answer = web.ask(path)

    assert answer.status == 404
    assert "There is no page here" in answer.body


@pytest.mark.parametrize("path", ["/", "/?x=1", "/account/"])
def test_who_is_nobody_is_asked_to_sign_in(web: Web, path: str) -> None:
    answer = web.ask(path)

    assert answer.status == 303
    assert answer.headers["location"].startswith("/sign-in?next=%2F")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_nothing_can_be_written(web: Web, method: str) -> None:
    answer = web.ask("/healthz", method=method)

    assert answer.status == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}


@pytest.mark.parametrize("name", ["evil.example", "a b", "x" * 300, ""])
def test_the_name_that_is_asked_for_makes_no_difference(web: Web, name: str) -> None:
    answer = web.ask("/healthz", headers={"Host": name})

    assert (answer.status, answer.body) == (200, "ok\n")


def test_http_2_is_spoken(web: Web) -> None:
    assert http2.ask((web.host, web.port), "/healthz", anybody()) == (True, b"ok\n")


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.* is deprecated:DeprecationWarning")
def test_tls_before_1_2_is_not_spoken(web: Web) -> None:
    versions = ssl.TLSVersion
    tried = (versions.TLSv1, versions.TLSv1_1, versions.TLSv1_2, versions.TLSv1_3)

    spoken = [version for version in tried if _speaks(web, version)]

    assert spoken == [versions.TLSv1_2, versions.TLSv1_3]


def test_the_self_signed_certificate_can_be_trusted_for_the_names_of_this_machine(web: Web) -> None:
    context = ssl.create_default_context(cafile=web.program.home / "tls" / "certificate.pem")
    context.verify_flags |= ssl.VERIFY_X509_STRICT

    for name in ("localhost", "127.0.0.1", "::1", socket.gethostname().lower()):
        with (
            socket.create_connection((web.host, web.port), timeout=5) as plain,
            context.wrap_socket(plain, server_hostname=name) as secure,
        ):
            assert secure.version() == "TLSv1.3"


def test_the_key_is_closed_to_others_and_written_nowhere_else(web: Web) -> None:
    tls = web.program.home / "tls"
    key = (tls / "key.pem").read_bytes()

    assert stat.S_IMODE((tls / "key.pem").stat().st_mode) == 0o600
    assert sorted(path.name for path in tls.iterdir()) == ["certificate.pem", "key.pem"]
    for path in web.program.home.glob("log/*"):
        assert key.splitlines()[1] not in path.read_bytes()


def test_no_secret_stands_on_a_command_line_or_in_an_environment(web: Web) -> None:
    database = os.fsencode(web.program.home / "database")
    for pid in web.workers():
        for place in ("cmdline", "environ"):
            content = Path(f"/proc/{pid}/{place}").read_bytes()
            assert b"PRIVATE KEY" not in content
            assert database not in content


def _speaks(web: Web, version: ssl.TLSVersion) -> bool:
    context = anybody()
    context.set_ciphers("DEFAULT:@SECLEVEL=0")  # the client would speak anything
    try:
        context.minimum_version = context.maximum_version = version
        with (
            socket.create_connection((web.host, web.port), timeout=5) as plain,
            context.wrap_socket(plain),
        ):
            return True
    except (ssl.SSLError, ConnectionError, ValueError):
        return False
