"""Microsoft's own client signs people in at the simulator, and its documented examples fit."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.needs import shared_contracts
from tests.simulator.control import Directory, Simulator
from tests.simulator.graph import Client
from tests.simulator.microsoft import msal, msal_checks, requests
from tests.simulator.shown import UserTruth
from tests.simulator.sign_in import CALLBACK, Attempt, Browser

REDEMPTION = "317-token-authorization-code-certificate.json"
DISCOVERY = "325-oidc-discovery-global.json"
DENIED = "330-authorize-error.json"
pytestmark = pytest.mark.filterwarnings(
    "ignore:response_mode='form_post' is recommended:UserWarning"  # the product uses query
)


@pytest.fixture
def person(directory: Directory, client: Client) -> UserTruth:
    """Somebody who may sign in."""
    client.application.register(CALLBACK)
    return next(
        one
        for one in directory.users()
        if one.properties["userType"] == "Member" and one.properties["accountEnabled"]
    )


@pytest.fixture
def application(client: Client) -> Iterator[Any]:
    """msal's confidential client with a certificate."""
    with requests.Session() as session:
        session.verify = str(client.simulator.ca_file)
        session.trust_env = False
        yield msal.ConfidentialClientApplication(
            client.application.application_id,
            authority=f"{client.simulator.login}/{client.application.directory_id}",
            client_credential={
                "private_key": client.keys.key_pem,
                "public_certificate": client.keys.pem,
            },
            instance_discovery=False,
            http_client=session,
        )


def example(name: str) -> Any:
    return json.loads((shared_contracts("microsoft") / "examples" / name).read_text("utf-8"))


def answered(redirect: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(redirect).query))


def test_msal_signs_somebody_in(
    application: Any, simulator: Simulator, directory: Directory, person: UserTruth
) -> None:
    flow = application.initiate_auth_code_flow([], redirect_uri=CALLBACK)

    back = answered(simulator.sign_in(flow["auth_uri"], person.id).redirect)
    found = application.acquire_token_by_auth_code_flow(flow, back)

    assert "error" not in found
    assert found["id_token_claims"]["oid"] == person.id
    assert found["id_token_claims"]["tid"] == directory.directory_id
    [account] = application.get_accounts()
    assert account["username"] == person.properties["userPrincipalName"]
    assert account["home_account_id"] == f"{person.id}.{directory.directory_id}"


def test_msal_signs_somebody_in_at_the_pages(
    application: Any, simulator: Simulator, person: UserTruth
) -> None:
    name = person.properties["userPrincipalName"]
    flow = application.initiate_auth_code_flow(
        ["User.Read"],
        redirect_uri=CALLBACK,
        login_hint=name,
        prompt="login",
        response_mode="form_post",
    )
    browser = Browser(simulator)

    page = browser.press(
        browser.open(flow["auth_uri"]), answer="next", account=name, password="right"
    )
    browser.close()
    back = {part: page.field(part) for part in ("code", "state", "session_state")}

    found = application.acquire_token_by_auth_code_flow(flow, back)
    assert found["id_token_claims"]["preferred_username"] == name
    assert found["refresh_token"]


@pytest.mark.filterwarnings("ignore:decode_id_token.. is deprecated:DeprecationWarning")
def test_msal_s_own_checks_take_the_token_and_no_bent_one(
    client: Client, simulator: Simulator, person: UserTruth
) -> None:
    """msal no longer checks tokens when it gets them; the checks are still there to be called."""
    attempt = Attempt(client)
    issuer = f"{simulator.login}/{client.application.directory_id}/v2.0"

    def checked() -> Any:
        token = attempt.redeem(attempt.code(person.id)).json["id_token"]
        return msal_checks.decode_id_token(
            token,
            client_id=client.application.application_id,
            issuer=issuer,
            nonce=attempt.nonce,
        )

    assert checked()["oid"] == person.id
    for claim in ("aud", "iss", "nonce"):
        simulator.bend_id_token(claims={claim: "other"})
        with pytest.raises(RuntimeError):
            checked()


def test_msal_understands_that_a_code_was_used(
    application: Any, simulator: Simulator, person: UserTruth
) -> None:
    flow = application.initiate_auth_code_flow([], redirect_uri=CALLBACK)
    back = answered(simulator.sign_in(flow["auth_uri"], person.id).redirect)
    application.acquire_token_by_auth_code_flow(flow, back)

    again = application.acquire_token_by_auth_code_flow(flow, back)

    assert again["error"] == "invalid_grant"
    assert again["error_codes"] == [54005]


def test_the_answer_to_a_redemption_has_the_documented_shape(
    client: Client, person: UserTruth
) -> None:
    attempt = Attempt(client)
    scope = "openid profile offline_access"
    wanted = example(REDEMPTION)
    with client.simulator.recording() as exchanges:
        answer = attempt.redeem(attempt.code(person.id, scope=scope), scope=scope)

    found = answer.json
    assert {name: type(value) for name, value in wanted["response"].items()}.items() <= {
        name: type(value) for name, value in found.items()
    }.items()
    [sent] = [one for one in exchanges if one.path.endswith("/token")]
    documented_form = {name for name, _ in parse_qsl(wanted["header"]["request_body"])}
    assert {name for name, _ in parse_qsl(sent.request_body)} == documented_form


def test_the_discovery_document_has_all_that_is_documented(
    client: Client, directory: Directory
) -> None:
    url = f"{client.simulator.login}/{directory.directory_id}/v2.0/.well-known/openid-configuration"
    wanted = example(DISCOVERY)["response"]

    found = client.call("GET", url, {}).json

    assert set(wanted) - set(found) <= {"rbac_url"}
    for name in ("authorization_endpoint", "end_session_endpoint", "token_endpoint", "jwks_uri"):
        path = urlsplit(wanted[name]).path.replace("{tenant}", directory.directory_id)
        assert urlsplit(found[name]).path == path


def test_a_cancelled_sign_in_is_told_as_documented(
    client: Client, person: UserTruth, simulator: Simulator
) -> None:
    browser, attempt = Browser(simulator), Attempt(client)

    back = browser.press(browser.open(attempt.url()), answer="cancel")
    browser.close()

    wanted = example(DENIED)["header"]
    assert back.status == wanted["status"]
    assert answered(wanted["url"]).items() <= back.told.items()
