"""Signing in at a certified provider that nobody of us wrote, as an operator's own cloud.

The company is synchronised from the simulator; then the cloud's login host becomes the independent
provider (tests/oidc_provider), which has the same application, the same certificate and the same
people. Nothing in the product knows of it.
"""

import hashlib
import json
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import msgspec
import pytest
from django.test import Client

from rollcall.config.wsgi import prepare_pages
from rollcall.environment import HostPort
from rollcall.integrations.queries import find_certificate, list_key_pairs
from rollcall.wiring.machine import Machine
from tests.integration.conftest import MakeSite, simulated_cloud
from tests.integration.portal.arrival import audited, cookie_of, is_in
from tests.integration.portal.visitors import make_client
from tests.oidc_provider.running import Browser, Person, Provider
from tests.simulator.control import Simulator
from tests.simulator.graph import BEARER, KeyPair, unpadded
from tests.sites import Site

Response = Any
"""The test client's own: a response with more to it."""

CALLBACK = "https://localhost/ms365/callback"
FRONT_CHANNEL = "https://localhost/ms365/logout"
OTHER_CALLBACK = "https://elsewhere.example/back"


@dataclass
class Independent:
    """A synchronised company whose people sign in at the independent provider."""

    site: Site
    machine: Machine
    provider: Provider
    people: list[Person]

    def visitor(self) -> tuple[Client, Browser]:
        """Return somebody's browser: its half for our pages, and its half for theirs."""
        return make_client(self.machine), Browser(self.provider)

    def register(self, **metadata: Any) -> None:
        """Register the application as the set-up guide says, some things otherwise."""
        key = next(key for key in list_key_pairs(self.site.tenant.id) if key.state == "active")
        certificate = find_certificate(self.site.tenant.id, key.id)
        registration: dict[str, Any] = {
            "certificates": [certificate],
            "redirect_uris": [CALLBACK],
            "post_logout_redirect_uris": [CALLBACK],
            "frontchannel_logout_uri": FRONT_CHANNEL,
        }
        application = self.site.application.application_id
        self.provider.register(application, **{**registration, **metadata})

    def leave(self, client: Client) -> str:
        """Press the button; return where the browser is sent."""
        return left_for(client.post("/sign-in/microsoft", {"tenant": self.site.slug}))

    def sign_in(
        self,
        client: Client,
        browser: Browser,
        *,
        who: int = 0,
        changed: Mapping[str, str] | None = None,
    ) -> Response:
        """Sign in; what the authorize request says can be `changed` on the way."""
        address = with_changed(self.leave(client), changed or {})
        return come_back(client, browser.sign_in(address, self.people[who].principal_name))

    def refused(self) -> list[tuple[str, str]]:
        """Return reason and check of each refusal, from the audit log."""
        lines = audited(self.machine.conninfo, "sign_in.refused")
        return [(str(detail["reason"]), str(detail["check"])) for *_, detail in lines]


@pytest.fixture
def company(
    new_site: MakeSite, machine: Machine, simulator: Simulator, tmp_path: Path
) -> Iterator[Independent]:
    """A company of the independent provider."""
    site = new_site("people:3", sign_in=True)
    site.sync()
    with Provider.started(site.directory.directory_id, tmp_path / "provider") as provider:
        cloud = simulated_cloud(simulator, login=provider.origin, ca_file=provider.ca_file)
        environment = msgspec.structs.replace(
            machine.environment, clouds=(cloud,), web_domain=HostPort("localhost", 443)
        )
        prepare_pages(environment)
        people = [
            Person(
                user.id,
                str(user.properties["displayName"]),
                str(user.properties["userPrincipalName"]),
            )
            for user in site.directory.users(show="properties")
        ]
        for person in people:
            provider.add_person(person)
        made = Independent(site, Machine(environment, machine.conninfo), provider, people)
        made.register()
        yield made


def left_for(response: Response) -> str:
    """Return where a page sends the browser."""
    assert response.status_code < 400, response.content
    return str(response.get("Location") or response["Refresh"].partition("url=")[2])


def come_back(client: Client, callback: str) -> Response:
    """Have the browser follow the provider's redirect to us."""
    parts = urlsplit(callback)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == CALLBACK
    return client.get(f"{parts.path}?{parts.query}")


def with_changed(address: str, changed: Mapping[str, str]) -> str:
    """Return an address with other parameters."""
    parts = urlsplit(address)
    return parts._replace(query=urlencode({**dict(parse_qsl(parts.query)), **changed})).geturl()


def test_somebody_signs_in_twice_and_is_the_same_account_in_two_sessions(
    company: Independent,
) -> None:
    client, browser = company.visitor()
    company.provider.seen()

    first = company.sign_in(client, browser)

    assert first.status_code == 302
    assert is_in(client)
    before = cookie_of(client)
    asked = [line.split("/")[-1] for line in company.provider.seen() if " /" in line]
    assert asked.count("token") == 1
    assert asked.count("openid-configuration") == 1
    assert asked.count("keys") == 1

    second = company.sign_in(client, browser)

    assert second.status_code == 302
    assert is_in(client)
    assert cookie_of(client) not in {"", before}
    asked = [line.split("/")[-1] for line in company.provider.seen()]
    assert asked.count("token") == 1
    assert not {"openid-configuration", "keys"} & set(asked), "they are known already"
    entered = audited(company.machine.conninfo, "sign_in.succeeded")
    assert [detail["method"] for _tenant, _actor, detail in entered] == ["microsoft"] * 2
    assert {tenant for tenant, _actor, _detail in entered} == {company.site.tenant.id}


def test_two_people_of_one_browser_are_two_accounts(company: Independent) -> None:
    client, browser = company.visitor()
    company.sign_in(client, browser, who=0)

    company.sign_in(client, browser, who=1, changed={"prompt": "select_account"})

    actors = [actor for _, actor, _ in audited(company.machine.conninfo, "sign_in.succeeded")]
    assert len(set(actors)) == 2
    assert is_in(client)


def test_signing_out_there_too_comes_back_to_a_page_of_ours(company: Independent) -> None:
    client, browser = company.visitor()
    company.sign_in(client, browser)

    address = left_for(client.post("/sign-out", {"microsoft": "1"}))

    assert address.startswith(company.provider.origin)
    assert not is_in(client)
    assert browser.sign_out(address) == CALLBACK
    assert client.get("/ms365/callback").status_code == 200
    page = browser.follow(company.leave(client))
    assert "<form" in page.body, "who signed out there has to sign in there again"


def test_signing_out_there_ends_the_session_here(company: Independent) -> None:
    client, browser = company.visitor()
    company.sign_in(client, browser)
    logout = f"/{company.site.directory.directory_id}/oauth2/v2.0/logout"

    page = browser.follow(company.provider.origin + logout)

    frame = page.body.split('<iframe hidden src="', 1)[1].split('"', 1)[0].replace("&amp;", "&")
    assert frame.startswith(FRONT_CHANNEL)
    in_frame = make_client(company.machine)  # without cookies, as browsers load it
    assert in_frame.get(frame.removeprefix("https://localhost")).status_code == 200
    assert not is_in(client)


def test_keys_that_were_changed_there_are_fetched_when_they_are_met(company: Independent) -> None:
    client, browser = company.visitor()
    company.sign_in(client, browser)
    company.provider.rotate(keep=False)
    company.provider.seen()

    again = company.sign_in(client, browser)

    assert again.status_code == 302, company.refused()
    asked = [line.split("/")[-1] for line in company.provider.seen()]
    assert asked.count("keys") == 1


def test_a_code_from_before_a_change_of_keys_is_good_after_it(company: Independent) -> None:
    client, browser = company.visitor()
    callback = browser.sign_in(company.leave(client), company.people[0].principal_name)

    company.provider.rotate(keep=True)

    assert come_back(client, callback).status_code == 302
    assert is_in(client)


def test_a_callback_that_is_asked_for_again_makes_no_second_session(company: Independent) -> None:
    client, browser = company.visitor()
    callback = browser.sign_in(company.leave(client), company.people[0].principal_name)
    come_back(client, callback)
    session = cookie_of(client)

    again = come_back(client, callback)

    assert again.status_code == 400
    assert cookie_of(client) == session
    assert len(audited(company.machine.conninfo, "sign_in.succeeded")) == 1


@pytest.mark.parametrize(
    ("changed", "check"),
    [
        ({"nonce": "of-somebody-else"}, "nonce"),
        ({"code_challenge": "A" * 43}, "redemption"),
    ],
)
def test_what_was_changed_on_the_way_there_is_noticed(
    company: Independent, changed: dict[str, str], check: str
) -> None:
    client, browser = company.visitor()

    bad = company.sign_in(client, browser, changed=changed)

    assert bad.status_code == 400
    assert not is_in(client)
    assert company.refused() == [(check, check)]
    assert company.sign_in(client, browser).status_code == 302, "the same, as it should be"


def test_a_token_of_another_application_is_refused_though_the_nonce_fits(
    company: Independent,
) -> None:
    client, browser = company.visitor()
    address = company.leave(client)
    token = token_of_another(company, browser, nonce=parse_qs(urlsplit(address).query)["nonce"][0])
    callback = browser.sign_in(address, company.people[0].principal_name)
    company.provider.swap(token)

    bad = come_back(client, callback)

    assert bad.status_code == 400
    assert not is_in(client)
    assert company.refused() == [("audience", "audience")]
    assert company.sign_in(client, browser).status_code == 302, "with its own token"


def test_a_token_signed_otherwise_than_by_rs256_is_refused(company: Independent) -> None:
    client, browser = company.visitor()
    company.register(id_token_signed_response_alg="PS256")

    bad = company.sign_in(client, browser)

    assert bad.status_code == 400
    assert company.refused() == [("algorithm", "algorithm")]
    company.register()
    assert company.sign_in(client, browser).status_code == 302


def test_a_token_that_names_another_directory_is_refused(company: Independent) -> None:
    client, browser = company.visitor()
    person = company.people[0]
    company.provider.add_person(
        Person(person.object_id, person.name, person.principal_name, {"tid": str(uuid.uuid4())})
    )

    bad = company.sign_in(client, browser)

    assert bad.status_code == 400
    assert company.refused() == [("directory", "directory")]
    company.provider.add_person(person)
    assert company.sign_in(client, browser).status_code == 302


def test_a_certificate_that_is_not_registered_there_is_refused_by_it(company: Independent) -> None:
    client, browser = company.visitor()
    company.register(certificates=[KeyPair().pem])

    bad = company.sign_in(client, browser)

    assert bad.status_code == 503
    assert not is_in(client)
    assert [check for _reason, check in company.refused()] == ["redemption"]
    company.register()
    assert company.sign_in(client, browser).status_code == 302


def test_somebody_who_cancels_there_reads_so_here(company: Independent) -> None:
    client, browser = company.visitor()

    callback = browser.sign_in(company.leave(client), "", go="cancel")

    assert parse_qs(urlsplit(callback).query)["error"] == ["access_denied"]
    assert come_back(client, callback).status_code == 403
    assert company.refused() == [("microsoft-access_denied", "answer")]


def test_somebody_of_the_directory_who_was_not_synchronised_does_not_come_in(
    company: Independent,
) -> None:
    client, browser = company.visitor()
    # The name is a colleague's: only the object id says who it is.
    twin = Person(str(uuid.uuid4()), company.people[0].name, "twin@contoso.example")
    company.provider.add_person(twin)

    callback = browser.sign_in(company.leave(client), twin.principal_name)

    assert come_back(client, callback).status_code == 403
    assert not is_in(client)
    assert company.refused() == [("not-synchronised", "")]


def token_of_another(company: Independent, browser: Browser, *, nonce: str) -> str:
    """Have another application of the directory sign the same person in; return its token."""
    client_id, keys, verifier = str(uuid.uuid4()), KeyPair(), "v" * 43
    company.provider.register(client_id, certificates=[keys.pem], redirect_uris=[OTHER_CALLBACK])
    base = f"{company.provider.origin}/{company.site.directory.directory_id}/oauth2/v2.0"
    asked = {
        "client_id": client_id,
        "response_type": "code",
        "redirect_uri": OTHER_CALLBACK,
        "scope": "openid profile",
        "nonce": nonce,
        "code_challenge": challenge_of(verifier),
        "code_challenge_method": "S256",
    }
    person = company.people[0].principal_name
    callback = browser.sign_in(f"{base}/authorize?{urlencode(asked)}", person)
    now = int(time.time())
    claims = {"iss": client_id, "sub": client_id, "aud": f"{base}/token", "jti": str(uuid.uuid4())}
    form = {
        "client_id": client_id,
        "grant_type": "authorization_code",
        "code": parse_qs(urlsplit(callback).query)["code"][0],
        "redirect_uri": OTHER_CALLBACK,
        "code_verifier": verifier,
        "client_assertion_type": BEARER,
        "client_assertion": keys.assertion({**claims, "nbf": now, "exp": now + 300}),
    }
    page = browser.ask(f"{base}/token", form)
    return str(json.loads(page.body)["id_token"])


def challenge_of(verifier: str) -> str:
    """Return the S256 challenge of a verifier."""
    return unpadded(hashlib.sha256(verifier.encode()).digest())
