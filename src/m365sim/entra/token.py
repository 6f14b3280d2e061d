"""The token endpoint: which grant is asked for, and the app-only token. Contract a.2 to a.6."""

from collections.abc import Callable

from m365sim.answers import Answer, json_answer
from m365sim.entra.call import LoginCall
from m365sim.entra.client import authenticated_application, required
from m365sim.entra.code_grant import authorization_code
from m365sim.entra.discovery import LOGIN_JSON, MULTI_TENANT
from m365sim.entra.refusals import EntraError
from m365sim.entra.signing import accepted_audiences, issue_token
from m365sim.state.directory import Directory

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
    if call.repeated:
        raise EntraError(9000411, parameter=call.repeated)
    grant = required(call, "grant_type")
    if grant not in GRANTS:
        raise EntraError(70003, grant=grant)
    return GRANTS[grant](call)


def client_credentials(call: LoginCall) -> Answer:
    """Answer the client-credentials grant."""
    if call.tenant.lower() in (*MULTI_TENANT, "consumers"):
        raise EntraError(9001023)
    scope = required(call, "scope")
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


GRANTS: dict[str, Callable[[LoginCall], Answer]] = {
    "client_credentials": client_credentials,
    "authorization_code": authorization_code,
}


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
