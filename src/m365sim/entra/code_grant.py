"""Redeeming a code: everything it is bound to is checked, then somebody's tokens. Contract b.5."""

import hmac
import secrets
from hashlib import sha256

from m365sim.answers import Answer, json_answer
from m365sim.entra.accounts import check_account
from m365sim.entra.bent_token import bent_id_token
from m365sim.entra.call import LoginCall
from m365sim.entra.client import authenticated_application, required
from m365sim.entra.discovery import LOGIN_JSON, MULTI_TENANT, issuer_of
from m365sim.entra.id_token import client_info, id_token_claims, signed_id_token
from m365sim.entra.refusals import EntraError
from m365sim.entra.signing import issue_user_token
from m365sim.entra.writing import unpadded
from m365sim.state.applications import DELEGATED, Application
from m365sim.state.directory import Directory
from m365sim.state.sign_ins import Grant


def authorization_code(call: LoginCall) -> Answer:
    """Answer the authorization-code grant."""
    if call.tenant.lower() in (*MULTI_TENANT, "consumers"):
        raise EntraError(50194, client=call.form.get("client_id", ""))
    if "origin" in call.headers:
        raise EntraError(9002326)
    directory, application = authenticated_application(call)
    code, uri = required(call, "code"), required(call, "redirect_uri")
    grant = call.world.sign_ins.grant(code)
    if grant is None:
        raise EntraError(9002313)
    _check_bound(call, grant, directory, application, uri)
    _check_verifier(grant, call.form.get("code_verifier", ""))
    _check_life(call, grant)
    slot = directory.people.by_id(grant.object_id)
    if slot is None:
        raise EntraError(50034, tenant=directory.name)
    check_account(directory, application, slot)
    grant.redeemed = True
    return json_answer(_tokens(call, directory, application, grant), content_type=LOGIN_JSON)


def _check_bound(
    call: LoginCall, grant: Grant, directory: Directory, application: Application, uri: str
) -> None:
    if grant.directory_id != directory.directory_id:
        raise EntraError(700005)
    if grant.application_id != application.application_id:
        raise EntraError(70000, addition=" The code was issued to another client.")
    if uri != grant.redirect_uri:
        raise EntraError(500112, given=uri)
    asked = set(call.form.get("scope", "").split())
    if asked - set(grant.scopes):
        raise EntraError(70011, resource=call.form["scope"])


def _check_verifier(grant: Grant, verifier: str) -> None:
    if not grant.challenge and not verifier:
        return
    derived = verifier
    if grant.method == "S256":
        derived = unpadded(sha256(verifier.encode()).digest())
    if not grant.challenge or not hmac.compare_digest(derived.encode(), grant.challenge.encode()):
        raise EntraError(501481)


def _check_life(call: LoginCall, grant: Grant) -> None:
    if grant.redeemed:
        raise EntraError(54005)
    if call.world.clock.now() > grant.issued_at + call.world.settings.code_lifetime:
        raise EntraError(70008)


def _tokens(
    call: LoginCall, directory: Directory, application: Application, grant: Grant
) -> dict[str, object]:
    world = call.world
    world.tokens_issued += 1
    lifetime = world.settings.token_lifetime
    body: dict[str, object] = {
        "token_type": "Bearer",
        "scope": " ".join(one for one in grant.scopes if one != "offline_access"),
        "expires_in": lifetime,
        "ext_expires_in": lifetime,
        "access_token": issue_user_token(
            world.signing_keys[0],
            directory=directory,
            application=application,
            grant=grant,
            scopes=tuple(one for one in grant.scopes if one in DELEGATED),
            now=world.clock.now(),
            lifetime=lifetime,
            serial=world.tokens_issued,
        ),
    }
    token = _id_token(call, directory, application, grant)
    if token is not None:
        body["id_token"] = token
    if "offline_access" in grant.scopes:
        body["refresh_token"] = f"1.{secrets.token_urlsafe(96)}"
    if call.form.get("client_info") == "1":
        body["client_info"] = client_info(directory, grant.object_id)
    return body


def _id_token(
    call: LoginCall, directory: Directory, application: Application, grant: Grant
) -> str | None:
    claims = id_token_claims(
        directory,
        application,
        grant,
        issuer=issuer_of(call, directory.directory_id),
        now=call.world.clock.now(),
        serial=call.world.tokens_issued,
    )
    if call.quirks.id_token is not None:
        return bent_id_token(call.world, directory, claims, call.quirks.id_token)
    return signed_id_token(claims, call.world.keyring(directory).signing)
