"""The way to Microsoft: through a proxy, with a company's own certificate authority."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest
from tests.integration.conftest import simulated_cloud
from tests.integration.outgoing.proxy import open_proxy
from tests.simulator.control import Simulator
from tests.sites import Site

from rollcall.environment import PrivateUrl

SPEC = "people:8:2,photos=1"

MakeSite = Callable[..., Site]


def _told(site: Site, **values: Any) -> None:
    """Tell the machine of the site something else."""
    environment = msgspec.structs.replace(site.machine.environment, **values)
    site.machine = type(site.machine)(environment=environment, conninfo=site.machine.conninfo)


def _said(site: Site) -> tuple[str, str]:
    """Run a sync that fails, and return its code and its sentence."""
    run = site.sync(expect="failed")
    assert run.error is not None
    assert site.extensions() == []
    return str(run.error["code"]), str(run.error["message"])


@pytest.mark.parametrize("password", ["", "s3cret"])
def test_every_call_goes_through_the_proxy(
    new_site: MakeSite, simulator: Simulator, password: str
) -> None:
    site = new_site(SPEC, personal_contacts=True)
    with open_proxy(password=password) as proxy:
        user = f"rollcall:{password}" if password else ""
        _told(site, https_proxy=PrivateUrl(proxy.url(user)))
        since = simulator.last_request()

        site.sync()

        asked = set(proxy.asked)
        told = {urlsplit(url).netloc for url in (simulator.login, simulator.graph)}
        assert asked == told
        assert simulator.requests(since=since)
    assert len(site.extensions()) > 0


def test_without_its_proxy_nothing_is_reached_some_other_way(
    new_site: MakeSite, simulator: Simulator
) -> None:
    site = new_site(SPEC)
    with open_proxy() as proxy:
        _told(site, https_proxy=PrivateUrl(proxy.url()))
    since = simulator.last_request()

    _, sentence = _said(site)

    assert "the proxy could not be reached" in sentence
    assert not simulator.requests(since=since)


def test_a_proxy_that_wants_another_password_is_named(new_site: MakeSite) -> None:
    site = new_site(SPEC)
    with open_proxy(password="s3cret") as proxy:
        _told(site, https_proxy=PrivateUrl(proxy.url("rollcall:wrong")))

        code, sentence = _said(site)

    assert code == "proxy-refused"
    assert "407" in sentence
    assert "wrong" not in sentence


def test_a_proxy_that_does_not_lead_to_graph_is_named(
    new_site: MakeSite, simulator: Simulator
) -> None:
    site = new_site(SPEC)
    with open_proxy(refuse=str(urlsplit(simulator.graph).port)) as proxy:
        _told(site, https_proxy=PrivateUrl(proxy.url()))

        code, sentence = _said(site)

    assert code == "proxy-refused"
    assert "403" in sentence


@pytest.mark.parametrize("proxied", [False, True])
def test_an_authority_that_is_not_trusted_is_told_of_and_trusted_once_it_is_in_the_bundle(
    new_site: MakeSite, simulator: Simulator, *, proxied: bool
) -> None:
    site = new_site(SPEC)
    with open_proxy() as proxy:
        _told(
            site,
            clouds=(simulated_cloud(simulator, ca_file=None),),
            https_proxy=PrivateUrl(proxy.url()) if proxied else None,
        )

        code, sentence = _said(site)
        _told(site, ca_bundle=Path(simulator.ca_file))
        site.sync()

    assert code == "tls-not-trusted"
    assert "ca_bundle" in sentence
    assert len(site.extensions()) > 0


def test_a_bundle_that_holds_no_certificate_is_named(new_site: MakeSite, tmp_path: Path) -> None:
    site = new_site(SPEC)
    bundle = tmp_path / "bundle.pem"
    bundle.write_text("no certificate\n")
    _told(site, ca_bundle=bundle)

    code, sentence = _said(site)

    assert code == "bad-ca-file"
    assert str(bundle) in sentence
