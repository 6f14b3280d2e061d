"""A directory's description is believed only as far as the cloud's row goes."""

import json
from typing import Any

import pytest

from rollcall.oidc.metadata import LONGEST_DOCUMENT, MetadataError, read_metadata
from tests.unit.oidc.samples import DIRECTORY, ISSUER, OTHER_DIRECTORY

LOGIN = "https://login.microsoftonline.com"
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri", "end_session_endpoint")


def document(**changed: Any) -> bytes:
    """Return a good description with something changed; None takes a member out."""
    good = {
        "issuer": ISSUER,
        "authorization_endpoint": f"{LOGIN}/{DIRECTORY}/oauth2/v2.0/authorize",
        "token_endpoint": f"{LOGIN}/{DIRECTORY}/oauth2/v2.0/token",
        "jwks_uri": f"{LOGIN}/{DIRECTORY}/discovery/v2.0/keys",
        "end_session_endpoint": f"{LOGIN}/{DIRECTORY}/oauth2/v2.0/logout",
        "response_modes_supported": ["query"],
        "tenant_region_scope": None,
    }
    return json.dumps({k: v for k, v in {**good, **changed}.items() if v is not None}).encode()


def read(body: bytes, *, issuer: str = ISSUER, origin: str = LOGIN) -> Any:
    return read_metadata(body, issuer=issuer, origin=origin)


def refusal(body: bytes, **values: str) -> MetadataError:
    with pytest.raises(MetadataError) as caught:
        read(body, **values)
    return caught.value


def test_a_good_description_names_its_endpoints() -> None:
    found = read(document())

    assert found.issuer == ISSUER
    assert all(getattr(found, name).startswith(f"{LOGIN}/{DIRECTORY}/") for name in ENDPOINTS)


def test_a_directory_without_a_way_to_sign_out_is_one_to_sign_in_by() -> None:
    assert read(document(end_session_endpoint=None)).end_session_endpoint == ""


@pytest.mark.parametrize(
    "issuer",
    [
        f"{LOGIN}/{OTHER_DIRECTORY}/v2.0",
        f"{LOGIN}/{{tenantid}}/v2.0",
        f"https://evil.example/{DIRECTORY}/v2.0",
        f"{ISSUER}/",
        "",
    ],
)
def test_another_issuer_than_the_rows_is_refused(issuer: str) -> None:
    assert refusal(document(issuer=issuer)).code == "wrong-cloud"


def test_21vianet_names_its_documented_host_whichever_was_called() -> None:
    alias = "https://login.chinacloudapi.cn"
    issuer = f"https://login.partner.microsoftonline.cn/{DIRECTORY}/v2.0"
    body = document().replace(LOGIN.encode(), alias.encode())
    body = body.replace(f"{alias}/{DIRECTORY}/v2.0".encode(), issuer.encode())

    assert read(body, issuer=issuer, origin=alias).issuer == issuer
    assert refusal(body, issuer=f"{alias}/{DIRECTORY}/v2.0", origin=alias).code == "wrong-cloud"


@pytest.mark.parametrize("name", ENDPOINTS)
@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/keys",
        "http://login.microsoftonline.com/keys",
        "https://login.microsoftonline.com",
        "https://login.microsoftonline.com.evil.example/keys",
        "https://login.microsoftonline.com@evil.example/keys",
        "https://login.microsoftonline.com:444/keys",
        "https://x@login.microsoftonline.com/keys",
        "//login.microsoftonline.com/keys",
        "/keys",
        "javascript:alert(1)",
        f"{LOGIN}/a b",
        f"{LOGIN}/a\\b",
        f"{LOGIN}/a\nb",
        f"{LOGIN}/ä",
        f"{LOGIN}/#fragment",
        f"{LOGIN}/" + "x" * 2048,
    ],
)
def test_an_endpoint_on_another_host_is_refused(name: str, url: str) -> None:
    assert refusal(document(**{name: url})).code == "foreign-link"


@pytest.mark.parametrize("name", ["issuer", *ENDPOINTS[:3]])
def test_a_description_that_lacks_something_is_refused(name: str) -> None:
    assert refusal(document(**{name: None})).code == "unreachable"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"null",
        document(padding="x" * LONGEST_DOCUMENT),
        b'{"issuer": "https://evil.example", ' + document()[1:],
    ],
)
def test_what_is_no_description_is_refused(body: bytes) -> None:
    error = refusal(body)

    assert error.code == "unreachable"
    assert str(error).endswith("between.")
