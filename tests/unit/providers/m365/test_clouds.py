"""The clouds' hosts, as the contract has them (a.1), and what is made of them."""

import pytest

from rollcall.core.errors import SetupError
from rollcall.providers.m365.clouds import BUILT_IN, Cloud, find_cloud

DIRECTORY = "11111111-2222-3333-4444-555555555555"

TABLE = {
    "GLOBAL": ("login.microsoftonline.com", "graph.microsoft.com", "portal.azure.com", True),
    "CHINA": (
        "login.partner.microsoftonline.cn",
        "microsoftgraph.chinacloudapi.cn",
        "portal.azure.cn",
        False,
    ),
    "USGOV_L4": ("login.microsoftonline.us", "graph.microsoft.us", "portal.azure.us", True),
    "USGOV_L5": ("login.microsoftonline.us", "dod-graph.microsoft.us", "portal.azure.us", True),
}


@pytest.mark.parametrize("name", TABLE)
def test_a_built_in_cloud_has_its_own_hosts(name: str) -> None:
    login, graph, portal, contact_delta = TABLE[name]
    cloud = find_cloud(name, BUILT_IN)

    assert cloud.origins == (f"https://{login}", f"https://{graph}")
    assert cloud.portal == f"https://{portal}"
    assert cloud.scope == f"https://{graph}/.default"
    assert cloud.contact_delta is contact_delta
    assert cloud.token_url(DIRECTORY) == f"https://{login}/{DIRECTORY}/oauth2/v2.0/token"
    assert cloud.issuer_of(DIRECTORY) == f"https://{login}/{DIRECTORY}/v2.0"
    assert cloud.consent_url(DIRECTORY) == f"https://{login}/{DIRECTORY}/adminconsent"
    assert cloud.discovery_url(DIRECTORY) == (
        f"https://{login}/{DIRECTORY}/v2.0/.well-known/openid-configuration"
    )


def test_there_are_no_other_built_in_clouds() -> None:
    assert set(BUILT_IN) == set(TABLE)


def test_an_operators_cloud_may_name_another_issuer() -> None:
    cloud = Cloud(
        name="OWN",
        login="https://127.0.0.1:9443",
        graph="https://127.0.0.1:9444",
        portal="https://127.0.0.1:9443",
        issuer="https://login.example/{directory_id}/v2.0",
    )

    assert cloud.issuer_of(DIRECTORY) == f"https://login.example/{DIRECTORY}/v2.0"


def test_a_cloud_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(SetupError, match="“MARS”") as raised:
        find_cloud("MARS", BUILT_IN)

    assert all(name in str(raised.value) for name in TABLE)
    assert raised.value.code == "unknown-cloud"
