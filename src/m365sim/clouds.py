"""Microsoft's clouds as far as they differ on the wire. Contract a.1 and a.8."""

from msgspec import Struct


class Cloud(Struct, frozen=True):
    """One cloud; host names are what tokens and documents say, not where the simulator listens."""

    name: str
    login_host: str
    graph_host: str
    instance: str
    documented_issuer: bool
    """The issuer is the documented host even when another one was called (21Vianet)."""
    v1_issuer: str = "sts.windows.net"
    """The host that access tokens name as their issuer."""
    outlook_delta: bool = True
    exchange_settings: bool = True
    translate_ids: bool = True
    numbered_mails: bool = True
    """Contacts have primary-, secondary- and tertiaryEmailAddress."""

    @property
    def resource(self) -> str:
        """The documented Graph resource, the audience of app-only tokens."""
        return f"https://{self.graph_host}"


GLOBAL = Cloud(
    name="global",
    login_host="login.microsoftonline.com",
    graph_host="graph.microsoft.com",
    instance="microsoftonline.com",
    documented_issuer=False,
)
CHINA = Cloud(
    name="china",
    login_host="login.partner.microsoftonline.cn",
    graph_host="microsoftgraph.chinacloudapi.cn",
    instance="partner.microsoftonline.cn",
    documented_issuer=True,
    v1_issuer="sts.chinacloudapi.cn",
    outlook_delta=False,
    exchange_settings=False,
    numbered_mails=False,
)
USGOV_L4 = Cloud(
    name="usgov-l4",
    login_host="login.microsoftonline.us",
    graph_host="graph.microsoft.us",
    instance="microsoftonline.us",
    documented_issuer=False,
    exchange_settings=False,
    translate_ids=False,
    numbered_mails=False,
)
USGOV_L5 = Cloud(
    name="usgov-l5",
    login_host="login.microsoftonline.us",
    graph_host="dod-graph.microsoft.us",
    instance="microsoftonline.us",
    documented_issuer=False,
    exchange_settings=False,
    translate_ids=False,
    numbered_mails=False,
)
CLOUDS = {cloud.name: cloud for cloud in (GLOBAL, CHINA, USGOV_L4, USGOV_L5)}
