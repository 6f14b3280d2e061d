"""Access tokens: signed by the simulator's key, verified by its Graph."""

from base64 import urlsafe_b64encode

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from msgspec import Struct

from m365sim.clouds import Cloud
from m365sim.seeds import digest
from m365sim.state.applications import Application
from m365sim.state.directory import Directory
from m365sim.state.sign_ins import Grant

SERIAL_PREFIX = "sim-"


class TokenError(ValueError):
    """A token that Graph does not accept; the message is Graph's."""


class Claims(Struct, frozen=True):
    """What Graph reads in an access token."""

    aud: str
    tid: str
    appid: str
    oid: str
    exp: int
    nbf: int
    uti: str
    idtyp: str = "app"
    roles: frozenset[str] = frozenset()

    @property
    def serial(self) -> int:
        """The number of the token among all that were issued."""
        return int(self.uti.removeprefix(SERIAL_PREFIX))


def key_id(key: RSAKey) -> str:
    """Return the id under which a key is published."""
    return (
        urlsafe_b64encode(digest("key", key.as_dict(private=False)["n"], size=20))
        .rstrip(b"=")
        .decode()
    )


def published(key: RSAKey, issuer: str) -> dict[str, object]:
    """Return a key as the keys document lists it."""
    numbers = key.as_dict(private=False)
    name = key_id(key)
    return {
        "kty": "RSA",
        "use": "sig",
        "kid": name,
        "x5t": name,
        "n": numbers["n"],
        "e": numbers["e"],
        "issuer": issuer,
    }


def issue_token(
    key: RSAKey,
    *,
    directory: Directory,
    application: Application,
    audience: str,
    roles: tuple[str, ...],
    now: float,
    lifetime: int,
    serial: int,
) -> str:
    """Sign an app-only access token; without any role there is no roles claim. Contract a.5."""
    begins = int(now)
    issuer = f"https://{directory.cloud.v1_issuer}/{directory.directory_id}/"
    claims: dict[str, object] = {
        "aud": audience,
        "iss": issuer,
        "iat": begins,
        "nbf": begins,
        "exp": begins + lifetime,
        "app_displayname": application.name,
        "appid": application.application_id,
        "appidacr": "2",
        "idp": issuer,
        "idtyp": "app",
        "oid": application.service_principal_id,
        "sub": application.service_principal_id,
        "tid": directory.directory_id,
        "uti": f"{SERIAL_PREFIX}{serial}",
        "ver": "1.0",
    }
    if roles:
        claims["roles"] = list(roles)
    name = key_id(key)
    return jwt.encode({"typ": "JWT", "alg": "RS256", "x5t": name, "kid": name}, claims, key)


def issue_user_token(
    key: RSAKey,
    *,
    directory: Directory,
    application: Application,
    grant: Grant,
    scopes: tuple[str, ...],
    now: float,
    lifetime: int,
    serial: int,
) -> str:
    """Sign an access token for somebody who signed in; no path of this Graph accepts one."""
    begins = int(now)
    issuer = f"https://{directory.cloud.v1_issuer}/{directory.directory_id}/"
    claims: dict[str, object] = {
        "aud": directory.cloud.resource,
        "iss": issuer,
        "iat": begins,
        "nbf": begins,
        "exp": begins + lifetime,
        "app_displayname": application.name,
        "appid": application.application_id,
        "appidacr": "2",
        "idtyp": "user",
        "oid": grant.object_id,
        "scp": " ".join(scopes),
        "tid": directory.directory_id,
        "uti": f"{SERIAL_PREFIX}{serial}",
        "ver": "1.0",
    }
    name = key_id(key)
    return jwt.encode({"typ": "JWT", "alg": "RS256", "x5t": name, "kid": name}, claims, key)


def read_token(token: str, key: RSAKey) -> Claims:
    """Return the claims of a token that this key signed; TokenError for any other."""
    try:
        decoded = jwt.decode(token, key, algorithms=["RS256"])
        claims = msgspec.convert(decoded.claims, Claims)
    except (JoseError, ValueError) as error:
        raise TokenError("CompactToken parsing failed with error code: 80049217") from error
    if claims.idtyp != "app":
        raise TokenError("Access token validation failure. Tokens of people are not simulated.")
    return claims


def accepted_audiences(cloud: Cloud, graph_url: str) -> frozenset[str]:
    """Return the audiences that mean this Graph: as documented, and as it really listens."""
    return frozenset({cloud.resource, graph_url, "00000003-0000-0000-c000-000000000000"})
