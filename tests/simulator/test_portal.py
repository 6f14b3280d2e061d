"""The pages of app registrations: from nothing to a token with what a browser can send."""

import html
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.simulator.control import Application, Directory, Simulator
from tests.simulator.graph import Client, KeyPair
from tests.simulator.microsoft import requests

CALLBACK = "https://pbx.example.com/ms365/callback"


class Visitor:
    """A browser without scripts."""

    def __init__(self, simulator: Simulator) -> None:
        self._session = requests.Session()
        self._session.trust_env = False  # an authority of the environment would win
        self._session.verify = str(simulator.ca_file)
        self._origin = simulator.login

    def get(self, path: str) -> Any:
        """Open a page."""
        return self._session.get(self._origin + path, allow_redirects=False)

    def send(self, path: str, **form: Any) -> Any:
        """Send a form and follow where it leads, as browsers do."""
        return self._session.post(self._origin + path, data=form)

    def press(self, path: str, **form: Any) -> Any:
        """Send a form and stay, to see where it would lead."""
        return self._session.post(self._origin + path, data=form, allow_redirects=False)

    def upload(self, path: str, content: str) -> Any:
        """Send a file."""
        return self._session.post(
            self._origin + path, files={"certificate": ("public_key.pem", content)}
        )

    def close(self) -> None:
        """Go."""
        self._session.close()


@pytest.fixture
def visitor(simulator: Simulator) -> Iterator[Visitor]:
    """Somebody at the simulator's pages."""
    visitor = Visitor(simulator)
    yield visitor
    visitor.close()


@pytest.fixture
def registered(visitor: Visitor, directory: Directory) -> str:
    """The address of an application that was just registered by hand."""
    answer = visitor.send(
        f"/portal/{directory.directory_id}", name="PBX & more", redirect_uri=CALLBACK
    )
    assert answer.status_code == 200
    return str(urlsplit(answer.url).path)


def shown(page: str, element_id: str) -> str:
    found = re.search(rf'id="{element_id}">([^<]*)<', page)
    assert found, page
    return html.unescape(found[1])


def application_at(directory: Directory, simulator: Simulator, page: str) -> Application:
    wanted = shown(page, "application-id")
    applications = simulator.directory(directory.directory_id).applications
    return next(each for each in applications if each.application_id == wanted)


def test_the_first_page_lists_the_directories(visitor: Visitor, directory: Directory) -> None:
    page = visitor.get("/").text

    assert f'href="/portal/{directory.directory_id}"' in page
    assert "<script" not in page


def test_an_administrator_gets_from_nothing_to_a_token(
    visitor: Visitor, directory: Directory, simulator: Simulator, registered: str, keys: KeyPair
) -> None:
    page = visitor.get(registered).text
    assert shown(page, "directory-id") == directory.directory_id
    assert html.escape("PBX & more") in page

    uploaded = visitor.upload(f"{registered}/certificates", keys.pem)
    thumbprint = application_at(directory, simulator, page).info.certificates[0].thumbprint_sha1
    assert thumbprint in uploaded.text
    visitor.send(f"{registered}/permissions", permission=["User.Read.All", "openid"])
    application = application_at(directory, simulator, page)
    assert Client(simulator, application, keys).get("/users?$top=1").status == 403

    granted = visitor.send(f"{registered}/consent").text

    assert f"Granted for {directory.name}" in granted
    application = application_at(directory, simulator, page)
    assert application.info.roles == ("User.Read.All",)
    assert Client(simulator, application, keys).get("/users?$top=1").status == 200


def test_a_bare_public_key_is_refused_as_entra_does(
    visitor: Visitor, registered: str, keys: KeyPair
) -> None:
    bare = keys.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    answer = visitor.upload(f"{registered}/certificates", bare.decode())

    assert answer.status_code == 400
    assert "Only X.509 certificates can be uploaded" in answer.text
    assert "No certificates have been added" in answer.text


@pytest.mark.parametrize("content", ["", "nothing", "-----BEGIN CERTIFICATE-----\nMII\n"])
def test_a_file_that_is_no_certificate_is_refused(
    visitor: Visitor, registered: str, content: str
) -> None:
    answer = visitor.upload(f"{registered}/certificates", content)

    assert answer.status_code == 400
    assert "Failed to upload certificate." in answer.text


def test_a_policy_of_the_directory_refuses_long_certificates_here_too(
    visitor: Visitor, directory: Directory, registered: str, keys: KeyPair
) -> None:
    directory.limit_certificates(30)

    assert "30 days" in visitor.upload(f"{registered}/certificates", keys.pem).text


def test_a_certificate_can_be_deleted(visitor: Visitor, registered: str, keys: KeyPair) -> None:
    page = visitor.upload(f"{registered}/certificates", keys.pem).text
    thumbprint = re.search(r'name="thumbprint" value="([0-9A-F]{40})"', page)
    assert thumbprint

    gone = visitor.send(f"{registered}/certificates/remove", thumbprint=thumbprint[1])

    assert thumbprint[1] not in gone.text
    again = visitor.send(f"{registered}/certificates/remove", thumbprint=thumbprint[1])
    assert again.status_code == 404


def test_a_permission_that_is_taken_off_is_granted_no_longer(
    visitor: Visitor, directory: Directory, simulator: Simulator
) -> None:
    application = directory.applications[0]
    here = f"/portal/{directory.directory_id}/{application.application_id}"

    page = visitor.send(f"{here}/permissions", permission=["Contacts.Read"]).text

    assert application_at(directory, simulator, page).info.roles == ("Contacts.Read",)


@pytest.mark.parametrize(
    "uri", ["https://pbx.example.com:8443/ms365/callback", "http://localhost:8000/x"]
)
def test_a_redirect_uri_is_added_and_removed(visitor: Visitor, registered: str, uri: str) -> None:
    page = visitor.send(f"{registered}/redirect-uris", redirect_uri=uri)
    assert page.status_code == 200
    assert f'value="{uri}"' in page.text

    left = visitor.send(f"{registered}/redirect-uris/remove", redirect_uri=uri)

    assert f'value="{uri}"' not in left.text


@pytest.mark.parametrize(
    "uri",
    [
        "http://pbx.example.com/x",
        "https://pbx.example.com/#x",
        "https://pbx.example.com/(x)",
        "pbx.example.com",
        "",
    ],
)
def test_a_redirect_uri_is_refused_as_entra_does(
    visitor: Visitor, registered: str, uri: str
) -> None:
    page = visitor.send(f"{registered}/redirect-uris", redirect_uri=uri)

    assert page.status_code == 400
    assert f'name="redirect_uri" value="{uri}"' not in page.text


@pytest.mark.parametrize("name", ["", "  "])
def test_a_registration_needs_a_name(visitor: Visitor, directory: Directory, name: str) -> None:
    answer = visitor.send(f"/portal/{directory.directory_id}", name=name)

    assert answer.status_code == 400
    assert 'class="refused"' in answer.text


def test_two_registrations_of_one_name_are_two(
    visitor: Visitor, directory: Directory, registered: str
) -> None:
    again = visitor.send(f"/portal/{directory.directory_id}", name="PBX & more")

    assert again.status_code == 200
    assert urlsplit(again.url).path != registered
    assert shown(again.text, "application-id") not in visitor.get(registered).text


def test_what_is_typed_is_shown_as_text(visitor: Visitor, directory: Directory) -> None:
    name = '<script>alert("x")</script>' + "x" * 200

    page = visitor.send(f"/portal/{directory.directory_id}", name=name).text

    assert "<script" not in page
    assert html.escape(name) in page


@pytest.mark.parametrize(
    "path", ["/portal/nowhere.example", "/portal/{here}/nothing", "/nowhere.example/adminconsent"]
)
def test_what_is_not_there_is_not_found(visitor: Visitor, directory: Directory, path: str) -> None:
    assert visitor.get(path.format(here=directory.directory_id)).status_code == 404


def consent_path(directory: Directory, page: str, **values: str) -> str:
    query = {"client_id": shown(page, "application-id"), "redirect_uri": CALLBACK, "state": "s&1"}
    return f"/{directory.directory_id}/adminconsent?{urlencode({**query, **values})}"


@pytest.mark.parametrize(
    ("answer", "said"), [("accept", {"admin_consent": ["True"]}), ("cancel", {})]
)
def test_admin_consent_goes_back_with_the_answer(
    visitor: Visitor, directory: Directory, registered: str, answer: str, said: dict[str, Any]
) -> None:
    page = visitor.send(f"{registered}/permissions", permission=["User.Read.All"]).text
    path = consent_path(directory, page)
    asked = visitor.get(path)
    assert asked.status_code == 200
    assert "User.Read.All" in asked.text

    back = visitor.press(path, answer=answer)

    assert back.status_code == 303
    target = urlsplit(back.headers["Location"])
    assert f"{target.scheme}://{target.netloc}{target.path}" == CALLBACK
    told = parse_qs(target.query)
    assert told["state"] == ["s&1"]
    assert told["tenant"] == [directory.directory_id]
    assert {name: told.get(name) for name in said} == said
    assert ("error" in told) is (answer == "cancel")
    assert ("Granted for" in visitor.get(registered).text) is (answer == "accept")


@pytest.mark.parametrize(
    ("wrong", "number"),
    [
        ({"redirect_uri": "https://evil.example/"}, "AADSTS50011"),
        ({"client_id": "3f2504e0-4f89-11d3-9a0c-0305e82c3301"}, "AADSTS700016"),
    ],
)
def test_admin_consent_is_refused_for_what_is_not_registered(
    visitor: Visitor, directory: Directory, registered: str, wrong: dict[str, str], number: str
) -> None:
    path = consent_path(directory, visitor.get(registered).text, **wrong)

    for answer in (visitor.get(path), visitor.press(path, answer="accept")):
        assert answer.status_code == 400
        assert number in answer.text


def test_the_logout_url_is_kept_and_taken_away(
    visitor: Visitor, directory: Directory, simulator: Simulator, registered: str
) -> None:
    url = "https://pbx.example.com/ms365/logout"

    page = visitor.send(f"{registered}/logout-url", logout_url=url).text

    assert f'value="{url}"' in page
    assert application_at(directory, simulator, page).info.logout_url == url
    page = visitor.send(f"{registered}/logout-url", logout_url="").text
    assert application_at(directory, simulator, page).info.logout_url == ""


@pytest.mark.parametrize("url", ["http://pbx.example.com/x", "nonsense", "https://[x"])
def test_a_logout_url_is_refused_as_entra_does(visitor: Visitor, registered: str, url: str) -> None:
    assert visitor.send(f"{registered}/logout-url", logout_url=url).status_code == 400


def test_optional_claims_are_ticked(
    visitor: Visitor, directory: Directory, simulator: Simulator, registered: str
) -> None:
    page = visitor.send(
        f"{registered}/optional-claims", claim=["login_hint", "email", "nonsense"]
    ).text

    found = application_at(directory, simulator, page).info.optional_claims
    assert found == ("email", "login_hint")
    assert 'value="login_hint" checked' in page


def test_people_are_assigned_by_name(
    visitor: Visitor, directory: Directory, simulator: Simulator, registered: str
) -> None:
    somebody = directory.users()[0]
    name = somebody.properties["userPrincipalName"]

    page = visitor.send(f"{registered}/assignment", required="yes", assigned=f"{name}\n\n").text

    info = application_at(directory, simulator, page).info
    assert (info.assignment_required, info.assigned) == (True, (somebody.id,))
    assert f">{name}</textarea>" in page
    refused = visitor.send(f"{registered}/assignment", assigned="nobody@nowhere.example")
    assert refused.status_code == 400
    assert "nobody@nowhere.example" in refused.text
