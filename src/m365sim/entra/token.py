"""The token endpoint: who asks is checked, an app-only token issued. Contract a.2 to a.6.

Grants of the sign-in flow have their place in GRANTS.
"""

from collections.abc import Callable

from m365sim.answers import Answer, json_answer
from m365sim.entra.assertion import check_assertion, client_of
from m365sim.entra.call import LoginCall
from m365sim.entra.discovery import LOGIN_JSON, MULTI_TENANT, issuer_of, required_directory
from m365sim.entra.refusals import EntraError
from m365sim.entra.signing import accepted_audiences, issue_token
from m365sim.state.applications import Application
from m365sim.state.directory import Directory

JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
DEFAULT_SCOPE = "/.default"


def token(call: LoginCall) -> Answer:
    """Answer a token request, or raise EntraError."""
    if call.quirks.refusal is not None:
        refusal = call.quirks.refusal
        raise EntraError(
            refusal.code,
            retry_after=refusal.retry_after,
            tenant=call.tenant,
            client=call.form.get("client_id", ""),
            resource=call.form.get("scope", ""),
        )
    grant = _required(call, "grant_type")
    if grant not in GRANTS:
        raise EntraError(70003, grant=grant)
    return GRANTS[grant](call)


def authenticated_application(call: LoginCall) -> tuple[Directory, Application]:
    """Return the application that proved who it is: the first step of every grant."""
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


def client_credentials(call: LoginCall) -> Answer:
    """Answer the client-credentials grant."""
    if call.tenant.lower() in (*MULTI_TENANT, "consumers"):
        raise EntraError(9001023)
    scope = _required(call, "scope")
    directory, application = authenticated_application(call)
    audience = _audience(call, scope, directory)
    world = call.world
    world.tokens_issued += 1
    lifetime = world.settings.token_lifetime
    access_token = issue_token(
        world.signing_keys[0],
        directory=directory,
        application=application,
        audience=audience,
        roles=() if call.quirks.no_roles else application.roles,
        now=world.clock.now(),
        lifetime=lifetime,
        serial=world.tokens_issued,
    )
    body = {
        "token_type": "Bearer",
        "expires_in": lifetime,
        "ext_expires_in": lifetime,
        "access_token": access_token,
    }
    return json_answer(body, content_type=LOGIN_JSON)


GRANTS: dict[str, Callable[[LoginCall], Answer]] = {"client_credentials": client_credentials}


def _required(call: LoginCall, name: str) -> str:
    value = call.form.get(name, "")
    if not value:
        raise EntraError(900144, parameter=name)
    return value


def _application(call: LoginCall, directory: Directory) -> Application:
    assertion = call.form.get("client_assertion", "")
    client = call.form.get("client_id") or (client_of(assertion) if assertion else "")
    if not client:
        raise EntraError(900144, parameter="client_id")
    application = directory.applications.get(client.lower())
    if application is None:
        raise EntraError(700016, client=client, tenant=directory.name)
    if not application.enabled:
        raise EntraError(7000112, client=client)
    return application


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


def _audience(call: LoginCall, scope: str, directory: Directory) -> str:
    scopes = scope.split()
    if len(scopes) != 1:
        raise EntraError(70011, resource=scope)
    resource = scopes[0].removesuffix(DEFAULT_SCOPE)
    if resource == scopes[0]:
        raise EntraError(70011, resource=scope)
    if not resource.startswith("https://") and not _is_guid(resource):
        raise EntraError(70011, resource=scope)
    if resource.rstrip("/") not in accepted_audiences(call.world.cloud, call.world.graph_url):
        raise EntraError(500011, resource=resource, tenant=directory.name)
    return resource


def _is_guid(text: str) -> bool:
    return len(text) == len("00000003-0000-0000-c000-000000000000") and text.count("-") == 4  # noqa: PLR2004 - a GUID's
