"""The id token: what it says of somebody, and how it is signed. Contract b.6."""

from base64 import urlsafe_b64encode
from collections.abc import Mapping

import msgspec
from joserfc.jwk import RSAKey

from m365sim.entra.accounts import hint_of, is_guest, sign_in_name, text_of
from m365sim.entra.signing import key_id
from m365sim.entra.writing import unpadded, written_token
from m365sim.seeds import digest, guid
from m365sim.state.applications import Application
from m365sim.state.directory import Directory
from m365sim.state.sign_ins import Grant

BACKDATED_SECONDS = 300
"""Entra dates its tokens back, so that clocks that are slow take them."""
LIFETIME = 3600

Claims = dict[str, object]


def id_token_claims(
    directory: Directory,
    application: Application,
    grant: Grant,
    *,
    issuer: str,
    now: float,
    serial: int,
) -> Claims:
    """Return the claims of somebody's id token."""
    begins = int(now) - BACKDATED_SECONDS
    which = (directory.directory_id, application.application_id, grant.object_id)
    claims: Claims = {
        "aud": application.application_id,
        "iss": issuer,
        "iat": begins,
        "nbf": begins,
        "exp": int(now) + LIFETIME,
        "aio": unpadded(digest("aio", *which, serial, size=48)),
        "rh": f"1.{unpadded(digest('rh', *which, size=32))}.",
        "sid": grant.sid,
        "sub": unpadded(digest("sub", *which, size=32)),
        "tid": directory.directory_id,
        "uti": unpadded(digest("uti", *which, serial)),
        "ver": "2.0",
    }
    if grant.nonce:
        claims["nonce"] = grant.nonce
    slot = directory.people.by_id(grant.object_id)
    if slot is not None:
        claims |= _profile(directory, slot, grant) | _optional(directory, application, slot, grant)
    return claims


def signed_id_token(claims: Mapping[str, object], key: RSAKey) -> str:
    """Sign claims as Entra does."""
    return written_token({"typ": "JWT", "alg": "RS256", "kid": key_id(key)}, encoded(claims), key)


def encoded(claims: Mapping[str, object]) -> bytes:
    """Write claims as JSON."""
    return msgspec.json.encode(claims)


def client_info(directory: Directory, object_id: str) -> str:
    """Return what msal reads besides the id token."""
    return (
        urlsafe_b64encode(encoded({"uid": object_id, "utid": directory.directory_id}))
        .rstrip(b"=")
        .decode()
    )


def _profile(directory: Directory, slot: int, grant: Grant) -> Claims:
    if "profile" not in grant.scopes:
        return {}
    return {
        "name": text_of(directory, slot, "displayName"),
        "oid": grant.object_id,
        "preferred_username": sign_in_name(directory, slot),
    }


def _optional(directory: Directory, application: Application, slot: int, grant: Grant) -> Claims:
    """Return what is there for guests, by a scope, or ticked on the registration."""
    ticked, guest = application.optional_claims, is_guest(directory, slot)
    mail = text_of(directory, slot, "mail")
    claims: Claims = {}
    if guest:
        home = guid("home directory", mail.rpartition("@")[2])
        claims["idp"] = f"https://{directory.cloud.v1_issuer}/{home}/"
    if mail and (guest or "email" in grant.scopes or "email" in ticked):
        claims["email"] = mail
    if "xms_edov" in ticked and "email" in claims:
        claims["xms_edov"] = mail.rpartition("@")[2].lower() in directory.domains
    if "upn" in ticked:
        claims["upn"] = text_of(directory, slot, "userPrincipalName")
    if "acct" in ticked:
        claims["acct"] = int(guest)
    if "login_hint" in ticked:
        claims["login_hint"] = hint_of(directory.directory_id, grant.object_id)
    return claims
