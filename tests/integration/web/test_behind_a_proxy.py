"""The configurations of deploy/ in a real nginx and a real Caddy, in front of a real web server."""

import http.client
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.integration.web.conftest import TOKEN
from tests.integration.web.proxies import DOMAIN, Proxy, caddy, nginx
from tests.integration.web.server import Web

HERE = {"Host": DOMAIN}
BEARER = {**HERE, "Authorization": f"Bearer {TOKEN}"}

Start = Callable[..., AbstractContextManager[Proxy]]


@pytest.fixture(scope="module", params=[nginx, caddy], ids=["nginx", "caddy"])
def proxy(
    request: pytest.FixtureRequest, guarded: Web, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proxy]:
    """A proxy as the sample configures it."""
    with request.param(guarded, tmp_path_factory.mktemp("proxy")) as proxy:
        yield proxy


def test_pages_are_served_through_the_proxy(proxy: Proxy) -> None:
    for path, method in (("/healthz", "GET"), ("/healthz", "HEAD"), ("/readyz", "GET")):
        answer = proxy.front.ask(path, method=method, headers=HERE)
        assert answer.status == 200
    assert "There is no page here" in proxy.front.ask("/nowhere", headers=HERE).body
    assert "Mail address" in proxy.front.ask("/sign-in", headers=HERE).body


def test_the_proxy_insists_on_https_in_the_place_of_rollcall(proxy: Proxy) -> None:
    headers = proxy.front.ask("/healthz", headers=HERE).headers

    assert headers["strict-transport-security"] == "max-age=31536000"
    assert headers["content-security-policy"].startswith("default-src 'none'; ")


def test_metrics_are_not_served_through_the_proxy(proxy: Proxy) -> None:
    assert proxy.front.ask("/metrics", headers=BEARER).status == 404


def test_who_comes_without_https_is_sent_there(proxy: Proxy) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", proxy.plain_port, timeout=10)
    connection.request("GET", "/healthz", headers=HERE)
    answer = connection.getresponse()

    assert answer.status in {301, 308}
    assert (answer.getheader("Location") or "").startswith(f"https://{DOMAIN}")
    connection.close()


@pytest.mark.parametrize(
    ("start", "block"),
    [(nginx, "    location = /metrics {"), (caddy, "\trespond /metrics 404")],
    ids=["nginx", "caddy"],
)
def test_a_proxy_that_lets_metrics_through_needs_the_token(
    guarded: Web, tmp_path: Path, start: Start, block: str
) -> None:
    with start(guarded, tmp_path, leave_out=block) as proxy:
        assert proxy.front.ask("/metrics", headers=HERE).status == 401
        assert proxy.front.ask("/metrics", headers=BEARER).status == 200
