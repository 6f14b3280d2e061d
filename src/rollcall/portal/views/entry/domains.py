"""By which of its domains somebody reached this server: that decides the redirect URI.

What a request says is only compared with the configuration. No address is ever made of it.
"""

from django.http.request import split_domain_port

from rollcall.environment import Environment, HostPort
from rollcall.environment.values import HTTPS_PORT
from rollcall.wiring.check import CALLBACK


def domain_of(environment: Environment, host: str) -> HostPort | None:
    """Return the web or SBC domain behind a Host header; None if it is neither.

    A proxy may hide the port: it only decides where both domains have the same host.
    """
    name, port = split_domain_port(host.lower())
    bare = name.strip("[]")
    domains = (environment.web_domain, environment.sbc_domain)
    same = [domain for domain in domains if domain is not None and domain.host == bare]
    exact = [domain for domain in same if str(domain.port) == (port or str(HTTPS_PORT))]
    return next(iter(exact + same), None)


def main_domain(environment: Environment) -> HostPort | None:
    """Return the domain to send a browser to that came by neither."""
    return environment.web_domain or environment.sbc_domain


def redirect_uri(domain: HostPort) -> str:
    """Return the redirect URI of a domain, as it is registered."""
    return f"{domain.origin}{CALLBACK}"
