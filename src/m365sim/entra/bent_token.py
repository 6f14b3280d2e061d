"""Id tokens as no Entra writes them, for those who have to refuse them."""

import string

from joserfc.jwk import RSAKey

from m365sim.entra.id_token import Claims, encoded
from m365sim.entra.refusals import EntraError
from m365sim.entra.signing import key_id
from m365sim.entra.writing import written_token
from m365sim.faults.kinds import BentIdToken
from m365sim.state.directory import Directory
from m365sim.state.keyring import KeyRing, new_key
from m365sim.world import World

FILLING = "filling"
LETTERS = string.ascii_letters + string.digits


def bent_id_token(
    world: World, directory: Directory, claims: Claims, bend: BentIdToken
) -> str | None:
    """Return the token that a test wants instead of the right one, None for no token at all."""
    if bend.missing:
        return None
    if bend.token is not None:
        return bend.token
    published = world.keyring(directory).signing
    key = _key(world, bend.signed_by) if bend.signed_by else published
    header: Claims = {"typ": "JWT", "alg": bend.alg, "kid": key_id(published)}
    header = {name: value for name, value in (header | bend.header).items() if value is not None}
    token = _written(header, _bent(claims, bend), key, bend)
    if len(token) < bend.size:
        missing = bend.size - len(token)
        longer = {**_bent(claims, bend), FILLING: LETTERS * (missing // len(LETTERS) + 1)}
        token = _written(header, longer, key, bend)
    return _with_signature(token, bend.signature)


def _bent(claims: Claims, bend: BentIdToken) -> Claims:
    bent = {name: value for name, value in claims.items() if name not in bend.remove}
    bent |= bend.claims
    for name, seconds in bend.shift.items():
        value = bent.get(name)
        if isinstance(value, int | float):
            bent[name] = int(value + seconds)
    return bent


def _written(header: Claims, claims: Claims, key: RSAKey, bend: BentIdToken) -> str:
    payload = bend.raw.encode() if bend.raw is not None else _payload(claims, bend)
    return written_token(header, payload, key, alg=bend.alg)


def _payload(claims: Claims, bend: BentIdToken) -> bytes:
    parts = (bend.prepend, encoded(claims)[1:-1].decode(), bend.append)
    return f"{{{','.join(part for part in parts if part)}}}".encode()


def _key(world: World, signer: str) -> RSAKey:
    if signer == "unpublished":
        return world.stray_key
    directory = world.directory(signer)
    if directory is None:
        raise EntraError(90002, tenant=signer)
    if directory.keyring is None:
        directory.keyring = KeyRing((new_key(),))
    return directory.keyring.signing


def _with_signature(token: str, kind: str) -> str:
    head, _, signature = token.rpartition(".")
    if kind == "empty":
        return f"{head}."
    if kind == "broken":
        return f"{head}.{signature[::-1]}"
    return token
