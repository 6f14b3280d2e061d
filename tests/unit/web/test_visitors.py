"""Whose request it is, and where somebody may be sent."""

from pathlib import Path
from typing import Any

import pytest
from django.test import RequestFactory

from rollcall.environment import read_environment
from rollcall.web.addresses import own_path
from rollcall.web.context import KEY, WebContext
from rollcall.web.visitors import client_address, visitor_of


def asked(tmp_path: Path, *, https: str, **meta: str) -> Any:
    """Return a request to a machine."""
    environ = {"ROLLCALL_HOME": str(tmp_path), "ROLLCALL_HTTPS": https, "PATH": "/usr/bin"}
    environment = read_environment(environ=environ, cwd=tmp_path)
    request = RequestFactory().get("/")
    request.META.update({KEY: WebContext(environment, ""), **meta})
    return request


@pytest.mark.parametrize(
    ("https", "peer", "forwarded", "address"),
    [
        ("on", "203.0.113.7", "", "203.0.113.7"),
        ("on", "127.0.0.1", "203.0.113.7", "127.0.0.1"),
        ("off", "127.0.0.1", "203.0.113.7", "203.0.113.7"),
        ("off", "10.0.0.2", "198.51.100.1, 203.0.113.7", "203.0.113.7"),
        ("off", "::1", "2001:db8::7", "2001:db8::7"),
        ("off", "8.8.8.8", "203.0.113.7", "8.8.8.8"),
        ("off", "127.0.0.1", "", "127.0.0.1"),
        ("off", "127.0.0.1", "nonsense", "127.0.0.1"),
        ("off", "127.0.0.1", "203.0.113.7, unknown", "127.0.0.1"),
        ("on", "::ffff:203.0.113.7", "", "203.0.113.7"),
    ],
)
def test_a_proxy_is_believed_only_where_one_is_to_be_expected(
    tmp_path: Path, https: str, peer: str, forwarded: str, address: str
) -> None:
    meta = {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {}

    found = client_address(asked(tmp_path, https=https, REMOTE_ADDR=peer, **meta))

    assert str(found) == address


@pytest.mark.parametrize(
    ("peer", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("", "nowhere"),
        ("unix:", "nowhere"),
    ],
)
def test_a_network_is_what_one_subscriber_has(tmp_path: Path, peer: str, network: str) -> None:
    visitor = visitor_of(asked(tmp_path, https="on", REMOTE_ADDR=peer))

    assert visitor.network == network
    assert visitor.known == ()


@pytest.mark.parametrize("cookie", ["", "x", "eyJkZXZpY2UiOiJ4In0:1:2", "a:b:c", "é"])
def test_a_cookie_that_we_did_not_sign_is_none(tmp_path: Path, cookie: str) -> None:
    request = asked(tmp_path, https="on", REMOTE_ADDR="203.0.113.7")
    request.COOKIES["__Host-device"] = cookie

    assert (visitor_of(request).device, visitor_of(request).known) == ("", ())


@pytest.mark.parametrize("path", ["/", "/t/contoso/integration/?tab=1", "/a%2F%2Fb#c"])
def test_a_path_of_this_site_is_gone_to(path: str) -> None:
    assert own_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        *("https://evil.example/", "//evil.example", "///evil.example", "/\\evil.example", "\\\\e"),
        *("javascript:alert(1)", "evil", "", None, "/" + "x" * 3000, "/\t/evil.example", " /x"),
        *("http:evil.example", "/\r\nSet-Cookie: x=1", "\x08//evil.example"),
    ],
)
def test_anything_else_is_not(path: str | None) -> None:
    assert own_path(path) == ""
