"""Links of answers become paths for the next batch, and lead nowhere else."""

import pytest

from rollcall.core.errors import ContractError
from rollcall.providers.m365.links import relative_path

ROOT = "https://graph.example/v1.0"
PLAYED = "https://127.0.0.1:9444/v1.0"


@pytest.mark.parametrize(
    "path",
    [
        "/users",
        "/users/delta?$deltatoken=a%2Fb+c%20d&x=%E2%82%AC",
        "/users/1/contactFolders/A=/contacts/delta?$skiptoken=" + "x" * 5000,
        "/users/1/contacts?$top=10&$skip=10",
    ],
)
def test_a_link_below_the_root_is_not_touched(path: str) -> None:
    assert relative_path(ROOT + path, ROOT) == path
    assert relative_path(PLAYED + path, PLAYED) == path


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/v1.0/users",
        "http://graph.example/v1.0/users",
        "https://graph.example:444/v1.0/users",
        "https://graph.example.evil.example/v1.0/users",
        "https://graph.example@evil.example/v1.0/users",
        "https://evil.example/https://graph.example/v1.0/users",
        "https://graph.example/beta/users",
        "https://graph.example/v1.01/users",
        "https://graph.example/",
        "/users/delta?$deltatoken=1",
        "//evil.example/v1.0/users",
        "users",
        "",
        "https://[::1/v1.0/users",
    ],
)
def test_a_link_that_leads_anywhere_else_is_not_followed(link: str) -> None:
    with pytest.raises(ContractError, match="not followed") as raised:
        relative_path(link, ROOT)

    assert raised.value.code == "foreign-link"
