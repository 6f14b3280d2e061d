"""Which application calls the token endpoint: the first step of every grant. Contract a.2, a.3."""

from m365sim.entra.assertion import check_assertion, client_of
from m365sim.entra.call import LoginCall
from m365sim.entra.discovery import issuer_of, required_directory
from m365sim.entra.refusals import EntraError
from m365sim.state.applications import Application
from m365sim.state.directory import Directory

JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def authenticated_application(call: LoginCall) -> tuple[Directory, Application]:
    """Return the application that proved who it is."""
    directory = required_directory(call)
    if directory.cloud.name != call.world.cloud.name:
        raise EntraError(900382)
    application = _application(call, directory)
    if "client_secret" in call.form:
        raise EntraError(7000215)
    if call.form.get("client_assertion_type") != JWT_BEARER or not call.form.get(
        "client_assertion"
    ):
        raise EntraError(7000218)
    check_assertion(
        call.form["client_assertion"],
        application,
        audiences=_assertion_audiences(call, directory),
        now=call.world.clock.now(),
    )
    return directory, application


def required(call: LoginCall, name: str) -> str:
    """Return a field of the form; AADSTS900144 when it is not there."""
    value = call.form.get(name, "")
    if not value:
        raise EntraError(900144, parameter=name)
    return value


def known_application(directory: Directory, client: str) -> Application:
    """Return an application that is registered and switched on, by its client id."""
    application = directory.applications.get(client.lower())
    if application is None:
        raise EntraError(700016, client=client, tenant=directory.name)
    if not application.enabled:
        raise EntraError(7000112, client=client)
    return application


def _application(call: LoginCall, directory: Directory) -> Application:
    assertion = call.form.get("client_assertion", "")
    client = call.form.get("client_id") or (client_of(assertion) if assertion else "")
    if not client:
        raise EntraError(900144, parameter="client_id")
    return known_application(directory, client)


def _assertion_audiences(call: LoginCall, directory: Directory) -> frozenset[str]:
    tenants = {directory.directory_id, *directory.domains, call.tenant.lower()}
    hosts = {call.host_url.lower(), call.world.login_url, f"https://{call.world.cloud.login_host}"}
    endpoints = {
        f"{host}/{tenant}{path}"
        for host in hosts
        for tenant in tenants
        for path in ("/oauth2/v2.0/token", "/oauth2/token", "/v2.0")
    }
    return frozenset(endpoints | {issuer_of(call, directory.directory_id)})
