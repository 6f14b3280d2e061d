"""Where a directory lives: hosts as rows of a table, to which an operator may add.

https://learn.microsoft.com/graph/deployments,
https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud
"""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from rollcall.core.errors import SetupError

ISSUER = "{login}/{directory_id}/v2.0"


class Cloud(msgspec.Struct, frozen=True, kw_only=True):
    """One cloud's hosts (origins, without a path) and what it can do.

    `issuer` is the template of the v2 issuer; `contact_delta` says whether Graph reads contacts
    incrementally there.
    """

    name: str
    login: str
    graph: str
    portal: str
    issuer: str = ISSUER
    contact_delta: bool = True
    ca_file: Path | None = None

    @property
    def scope(self) -> str:
        """The scope of an app-only token for Graph."""
        return f"{self.graph}/.default"

    @property
    def origins(self) -> tuple[str, str]:
        """The hosts that may be called."""
        return (self.login, self.graph)

    def token_url(self, directory_id: str) -> str:
        """Return the token endpoint of a directory."""
        return f"{self.login}/{directory_id}/oauth2/v2.0/token"

    def discovery_url(self, directory_id: str) -> str:
        """Return where a directory describes itself (OpenID Connect Discovery 1.0)."""
        return f"{self.login}/{directory_id}/v2.0/.well-known/openid-configuration"

    def consent_url(self, directory_id: str) -> str:
        """Return the admin-consent page of a directory."""
        return f"{self.login}/{directory_id}/adminconsent"

    def issuer_of(self, directory_id: str) -> str:
        """Return the issuer that the directory's discovery document must name."""
        return self.issuer.format(login=self.login, directory_id=directory_id)


GLOBAL = Cloud(
    name="GLOBAL",
    login="https://login.microsoftonline.com",
    graph="https://graph.microsoft.com",
    portal="https://portal.azure.com",
)
CHINA = Cloud(
    name="CHINA",
    login="https://login.partner.microsoftonline.cn",
    graph="https://microsoftgraph.chinacloudapi.cn",
    portal="https://portal.azure.cn",
    contact_delta=False,
)
USGOV_L4 = Cloud(
    name="USGOV_L4",
    login="https://login.microsoftonline.us",
    graph="https://graph.microsoft.us",
    portal="https://portal.azure.us",
)
USGOV_L5 = Cloud(
    name="USGOV_L5",
    login="https://login.microsoftonline.us",
    graph="https://dod-graph.microsoft.us",
    portal="https://portal.azure.us",
)

BUILT_IN: Mapping[str, Cloud] = {cloud.name: cloud for cloud in (GLOBAL, CHINA, USGOV_L4, USGOV_L5)}


def find_cloud(name: str, clouds: Mapping[str, Cloud]) -> Cloud:
    """Return the cloud `name`, or raise SetupError with the names that there are."""
    try:
        return clouds[name]
    except KeyError:
        raise SetupError(
            f"There is no cloud “{name}”. Known are {', '.join(clouds)}; an operator can add "
            "one in rollcall.toml.",
            code="unknown-cloud",
            help_page="clouds.md",
        ) from None
