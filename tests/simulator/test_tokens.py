"""Discovery and token endpoint: what is accepted, and every way in which a token is refused."""

import json
import time
import tomllib
from base64 import urlsafe_b64decode
from datetime import timedelta
from importlib.resources import files
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.simulator.conftest import Connect
from tests.simulator.control import ControlCallError, Directory, Simulator
from tests.simulator.graph import Answer, Client, KeyPair, unpadded

TABLE = tomllib.loads(files("m365sim.entra").joinpath("refusals.toml").read_text("utf-8"))


def claims_of(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    found: dict[str, Any] = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return found


def refused_with(answer: Answer) -> int:
    assert answer.status >= 400
    code = answer.json["error_codes"][0]
    assert answer.json["error_description"].startswith(f"AADSTS{code}: ")
    return int(code)


def test_the_discovery_document_names_the_endpoints_of_the_directory(
    client: Client, directory: Directory
) -> None:
    login, tenant = client.simulator.login, directory.directory_id
    for name in (tenant, directory.info.domains[0], tenant.upper()):
        url = f"{login}/{name}/v2.0/.well-known/openid-configuration"
        document = client.call("GET", url, {}).json
        assert document["issuer"] == f"{login}/{tenant}/v2.0"
        assert document["token_endpoint"] == f"{login}/{tenant}/oauth2/v2.0/token"
        assert document["jwks_uri"] == f"{login}/{tenant}/discovery/v2.0/keys"
        assert f"https://{document['msgraph_host']}" == client.simulator.graph
        assert "private_key_jwt" in document["token_endpoint_auth_methods_supported"]


def test_the_discovery_document_of_an_unknown_directory_is_refused(client: Client) -> None:
    url = f"{client.simulator.login}/nowhere.example/v2.0/.well-known/openid-configuration"
    answer = client.call("GET", url, {})
    assert (answer.status, refused_with(answer)) == (400, 90002)


def test_the_issuer_of_all_directories_is_a_template(client: Client) -> None:
    url = f"{client.simulator.login}/common/v2.0/.well-known/openid-configuration"
    assert client.call("GET", url, {}).json["issuer"].endswith("/{tenantid}/v2.0")


def test_a_token_says_who_calls_and_is_signed_by_a_published_key(client: Client) -> None:
    client.simulator.set_clock(0)
    info = client.application.info
    claims = claims_of(client.token)
    assert claims["appid"] == info.application_id
    assert claims["oid"] == info.service_principal_id
    assert claims["tid"] == client.application.directory_id
    assert set(claims["roles"]) == set(info.roles)
    assert claims["exp"] - claims["iat"] == 3599
    url = f"{client.simulator.login}/{client.application.directory_id}/discovery/v2.0/keys"
    published = client.call("GET", url, {}).json
    assert len(published["keys"]) > 1
    verified = jwt.decode(client.token, KeySet.import_key_set(published), algorithms=["RS256"])
    assert verified.claims == claims


def test_a_token_without_any_role_has_no_roles_claim(
    directory: Directory, connect: Connect
) -> None:
    client = connect(directory)
    client.application.set_roles()
    assert "roles" not in claims_of(client.token)
    assert client.get("/users").code == "Authorization_RequestDenied"


def test_consent_reaches_new_tokens_only(directory: Directory, connect: Connect) -> None:
    client = connect(directory, "User.Read.All")
    assert client.get("/users").status == 200
    client.application.set_roles("Contacts.Read")
    assert client.get("/users").status == 200
    again = Client(client.simulator, client.application, client.keys)
    assert again.get("/users").status == 403


@pytest.mark.parametrize("padding", ["", "="])
def test_thumbprints_may_be_padded(client: Client, padding: str) -> None:
    by_sha256 = {"alg": "PS256", "x5t#S256": unpadded(client.keys.sha256) + padding}
    by_sha1 = {"alg": "RS256", "typ": "JWT", "x5t": unpadded(client.keys.sha1) + padding}
    for header in (by_sha256, by_sha1):
        assertion = client.keys.assertion(client.claims(), header)
        assert client.ask_token(assertion=assertion).status == 200


def test_msal_s_peculiarities_are_accepted(client: Client) -> None:
    now = time.time()
    claims = client.claims(nbf=None, exp=now + 600.5, iat=now + 0.25)
    header = {
        "alg": "PS256",
        "typ": "JWT",
        "x5c": ["MIIB\nAAAA"],
        "kid": "anything",
        "x5t#S256": unpadded(client.keys.sha256) + "=",
    }
    answer = client.ask_token(assertion=client.keys.assertion(claims, header), client_info="1")
    assert answer.status == 200
    assert answer.json["expires_in"] == answer.json["ext_expires_in"] == 3599


def test_a_key_id_that_is_the_thumbprint_is_enough(client: Client) -> None:
    header = {"alg": "PS256", "kid": client.keys.sha1.hex().upper()}
    assertion = client.keys.assertion(client.claims(), header)
    assert client.ask_token(assertion=assertion).status == 200


def test_the_directory_may_be_called_by_domain(client: Client, directory: Directory) -> None:
    url = client.token_url.replace(directory.directory_id, directory.info.domains[1])
    assertion = client.keys.assertion(client.claims(aud=url))
    assert client.ask_token(url=url, assertion=assertion).status == 200


def test_an_unknown_directory_is_refused(client: Client) -> None:
    url = client.token_url.replace(client.application.directory_id, "0" * 8)
    assert refused_with(client.ask_token(url=url)) == 90002


def test_an_unknown_application_is_refused(client: Client) -> None:
    assert (
        refused_with(client.ask_token(client_id="6b2f9c0e-0000-4000-8000-000000000000")) == 700016
    )


def test_a_disabled_application_is_refused(client: Client) -> None:
    client.application.set_enabled(enabled=False)
    assert refused_with(client.ask_token()) == 7000112


def test_a_certificate_that_was_not_uploaded_is_refused(client: Client) -> None:
    other = KeyPair()
    answer = client.ask_token(assertion=other.assertion(client.claims()))
    assert (answer.status, answer.json["error"]) == (401, "invalid_client")
    assert refused_with(answer) == 700027
    assert other.sha256.hex().upper() in answer.json["error_description"]


def test_a_certificate_that_was_taken_away_is_refused(client: Client) -> None:
    client.application.remove_certificate(client.keys.sha1.hex())
    assert refused_with(client.ask_token()) == 700027


def test_two_certificates_work_side_by_side(client: Client) -> None:
    other = KeyPair()
    client.application.upload(other.pem)
    assert client.ask_token().status == 200
    assert client.ask_token(assertion=other.assertion(client.claims())).status == 200


@pytest.mark.parametrize(
    "begins", [timedelta(days=-40), timedelta(days=40)], ids=["over", "not begun"]
)
def test_a_certificate_outside_its_validity_is_refused(client: Client, begins: timedelta) -> None:
    other = KeyPair(begins=begins, days=30)
    client.application.upload(other.pem)
    assert refused_with(client.ask_token(assertion=other.assertion(client.claims()))) == 1000502


def test_a_signature_of_another_key_is_refused(client: Client) -> None:
    header = {"alg": "PS256", "x5t#S256": unpadded(client.keys.sha256)}
    forged = KeyPair().assertion(client.claims(), header)
    assert refused_with(client.ask_token(assertion=forged)) == 7000274


@pytest.mark.parametrize("shift", [-660 - 61, 61 + 60], ids=["too late", "too early"])
def test_an_assertion_outside_its_time_is_refused(client: Client, shift: int) -> None:
    now = int(time.time()) + shift
    claims = client.claims(nbf=now, iat=now, exp=now + 600)
    assert refused_with(client.ask_token(assertion=client.keys.assertion(claims))) == 700024


def test_a_minute_of_skew_is_forgiven(client: Client) -> None:
    now = int(time.time())
    for claims in (client.claims(exp=now - 50), client.claims(nbf=now + 50, iat=now + 50)):
        assert client.ask_token(assertion=client.keys.assertion(claims)).status == 200


def test_the_simulator_s_own_clock_decides(client: Client) -> None:
    client.simulator.set_clock(3600)
    answer = client.ask_token()
    assert refused_with(answer) == 700024
    assert "Current time: " in answer.json["error_description"]


def test_wrong_claims_are_refused(client: Client) -> None:
    someone = "6b2f9c0e-0000-4000-8000-000000000000"
    wrong = {
        50048: client.claims(sub=someone),
        700021: client.claims(iss=someone, sub=someone),
        700023: client.claims(aud="https://login.example/token"),
        50027: client.claims(exp=None),
    }
    for code, claims in wrong.items():
        assert refused_with(client.ask_token(assertion=client.keys.assertion(claims))) == code


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"scope": "https://graph.microsoft.us/.default"}, 500011),
        ({"scope": "User.Read.All"}, 70011),
        ({"scope": "https://graph.microsoft.com/User.Read.All"}, 70011),
        ({"scope": "https://a.example/.default https://b.example/.default"}, 70011),
        ({"scope": None}, 900144),
        ({"grant_type": None}, 900144),
        ({"grant_type": "password"}, 70003),
        ({"client_assertion": None, "client_assertion_type": None}, 7000218),
        ({"client_secret": "x"}, 7000215),
        ({"client_assertion": "no.jwt"}, 50027),
    ],
)
def test_wrong_forms_are_refused(client: Client, form: dict[str, str | None], code: int) -> None:
    answer = client.ask_token(form)
    assert refused_with(answer) == code


def test_the_graph_host_as_it_listens_is_a_scope_too(client: Client) -> None:
    answer = client.ask_token(scope=f"{client.simulator.graph}/.default")
    assert claims_of(answer.json["access_token"])["aud"] == client.simulator.graph


def test_client_credentials_are_refused_for_all_directories(client: Client) -> None:
    url = f"{client.simulator.login}/common/oauth2/v2.0/token"
    assert refused_with(client.ask_token(url=url)) == 9001023


def test_a_directory_of_another_cloud_is_refused_and_described(
    simulator: Simulator, connect: Connect
) -> None:
    directory = simulator.add_directory(kind="people", people=3, name="gov", cloud="usgov-l4")
    client = connect(directory)
    assert refused_with(client.ask_token()) == 900382
    url = f"{simulator.login}/{directory.directory_id}/v2.0/.well-known/openid-configuration"
    document = client.call("GET", url, {}).json
    assert document["cloud_instance_name"] == "microsoftonline.us"
    assert document["msgraph_host"] == "graph.microsoft.us"


def test_the_client_s_request_id_comes_back(client: Client) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded", "client-request-id": "mine"}
    answer = client.call("POST", client.token_url, headers, b"grant_type=x")
    assert answer.json["correlation_id"] == answer.headers["client-request-id"] == "mine"
    assert answer.json["trace_id"]


@pytest.mark.parametrize("code", [int(code) for code in TABLE])
def test_every_refusal_can_be_had(client: Client, code: int) -> None:
    client.simulator.fault("aadsts", host="login", path="/token", code=code)
    answer = client.ask_token()
    assert refused_with(answer) == code
    assert answer.status == TABLE[str(code)]["status"]
    assert answer.json["error"] == TABLE[str(code)]["error"]
    assert set(answer.json) >= {"timestamp", "trace_id", "correlation_id", "error_uri"}
    assert client.ask_token().status == 200


def test_a_transient_refusal_can_say_when_to_come_back(client: Client) -> None:
    client.simulator.fault("aadsts", host="login", code=90033, retry_after=7)
    answer = client.ask_token()
    assert (answer.status, answer.headers["retry-after"]) == (503, "7")


def test_what_the_portal_does_not_take(client: Client, directory: Directory) -> None:
    bare = client.keys.key.public_key().public_bytes(
        Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
    )
    for file in (bare.decode(), client.keys.key_pem, "nonsense"):
        with pytest.raises(ControlCallError):
            client.application.upload(file)
    directory.limit_certificates(180)
    with pytest.raises(ControlCallError, match="lifetime exceeds"):
        client.application.upload(client.keys.pem)


def test_revoked_tokens_are_refused_and_new_ones_are_not(client: Client) -> None:
    assert client.get("/organization").status == 200
    client.simulator.revoke_tokens()
    answer = client.get("/organization")
    assert (answer.status, answer.code) == (401, "InvalidAuthenticationToken")
    assert "Bearer" in answer.headers["www-authenticate"]
    again = Client(client.simulator, client.application, client.keys)
    assert again.get("/organization").status == 200


def test_tokens_end_with_their_life(client: Client) -> None:
    client.simulator.set(token_lifetime=60)
    assert client.get("/organization").status == 200
    client.simulator.set_clock(61)
    assert client.get("/organization").code == "InvalidAuthenticationToken"


@pytest.mark.parametrize("token", ["", "Bearer ", "Bearer abc", "Basic abc"])
def test_what_is_no_token_is_refused(client: Client, token: str) -> None:
    answer = client.call("GET", f"{client.simulator.graph}/v1.0/users", {"Authorization": token})
    assert (answer.status, answer.code) == (401, "InvalidAuthenticationToken")


def test_a_token_for_another_signer_is_refused(client: Client) -> None:
    head, payload, signature = client.token.split(".")
    forged = f"{head}.{payload}.{signature[::-1]}"
    answer = client.get("/users", Authorization=f"Bearer {forged}")
    assert answer.status == 401
