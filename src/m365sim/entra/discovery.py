"""The documents that describe the endpoints. Contract b.3, a.1, example 325 to 327."""

from m365sim.answers import Answer, json_answer
from m365sim.clouds import CLOUDS
from m365sim.entra.call import LoginCall
from m365sim.entra.refusals import EntraError
from m365sim.entra.signing import published
from m365sim.state.directory import Directory

MULTI_TENANT = ("common", "organizations")
LOGIN_JSON = "application/json; charset=utf-8"


def issuer_of(call: LoginCall, tenant: str) -> str:
    """Return the v2 issuer. 21Vianet names its documented host whichever host was called."""
    cloud = call.world.cloud
    base = f"https://{cloud.login_host}" if cloud.documented_issuer else call.world.login_url
    return f"{base}/{tenant}/v2.0"


def openid_configuration(call: LoginCall) -> Answer:
    """Answer the discovery document of one directory, or of all."""
    if call.tenant.lower() in MULTI_TENANT:
        return json_answer(
            _document(call, call.tenant.lower(), "{tenantid}", None), content_type=LOGIN_JSON
        )
    directory = required_directory(call)
    return json_answer(
        _document(call, directory.directory_id, directory.directory_id, directory),
        content_type=LOGIN_JSON,
    )


def required_directory(call: LoginCall) -> Directory:
    """Return the directory that was called; AADSTS90002 when there is none."""
    directory = call.directory
    if directory is None:
        raise EntraError(90002, tenant=call.tenant)
    return directory


def _document(
    call: LoginCall, tenant: str, issuer_tenant: str, directory: Directory | None
) -> dict[str, object]:
    host = call.host_url
    world = call.world
    elsewhere = directory is not None and directory.cloud.name != world.cloud.name
    cloud = directory.cloud if directory is not None else world.cloud
    graph_host = cloud.graph_host if elsewhere else world.graph_url.removeprefix("https://")
    issuer = (
        f"https://{cloud.login_host}/{tenant}/v2.0" if elsewhere else issuer_of(call, issuer_tenant)
    )
    return {
        "token_endpoint": f"{host}/{tenant}/oauth2/v2.0/token",
        "token_endpoint_auth_methods_supported": [
            "client_secret_post",
            "private_key_jwt",
            "client_secret_basic",
        ],
        "jwks_uri": f"{host}/{tenant}/discovery/v2.0/keys",
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": issuer,
        "request_uri_parameter_supported": False,
        "userinfo_endpoint": f"https://{graph_host}/oidc/userinfo",
        "authorization_endpoint": f"{host}/{tenant}/oauth2/v2.0/authorize",
        "device_authorization_endpoint": f"{host}/{tenant}/oauth2/v2.0/devicecode",
        "http_logout_supported": True,
        "frontchannel_logout_supported": True,
        "end_session_endpoint": f"{host}/{tenant}/oauth2/v2.0/logout",
        "claims_supported": [
            *("sub", "iss", "cloud_instance_name", "cloud_instance_host_name"),
            *(
                "cloud_graph_host_name",
                "msgraph_host",
                "aud",
                "exp",
                "iat",
                "auth_time",
                "acr",
                "nonce",
            ),
            *("preferred_username", "name", "tid", "ver", "at_hash", "c_hash", "email"),
        ],
        "tenant_region_scope": None if directory is None else ("USGov" if elsewhere else "EU"),
        "cloud_instance_name": cloud.instance,
        "cloud_graph_host_name": "graph.windows.net",
        "msgraph_host": graph_host,
    }


def keys(call: LoginCall) -> Answer:
    """Answer the keys document: several keys, in no particular order."""
    everybody = call.tenant.lower() in (*MULTI_TENANT, "consumers")
    directory = None if everybody else required_directory(call)
    issuer = issuer_of(call, "{tenantid}")
    listed = [published(key, issuer) for key in reversed(call.world.keyring(directory).keys)]
    return json_answer({"keys": listed}, content_type=LOGIN_JSON)


def instance_discovery(call: LoginCall) -> Answer:
    """Answer which hosts are the same authority, as msal asks of hosts it does not know."""
    own = call.host_url.removeprefix("https://")
    endpoint = call.query.get(
        "authorization_endpoint", f"{call.host_url}/common/oauth2/v2.0/authorize"
    )
    authority = endpoint.split("/oauth2/")[0]
    known = sorted({cloud.login_host for cloud in CLOUDS.values()})
    metadata = [
        {"preferred_network": host, "preferred_cache": host, "aliases": [host]}
        for host in [own, *known]
    ]
    return json_answer(
        {
            "tenant_discovery_endpoint": f"{authority}/v2.0/.well-known/openid-configuration",
            "api-version": "1.1",
            "metadata": metadata,
        },
        content_type=LOGIN_JSON,
    )
