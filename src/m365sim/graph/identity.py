"""Who calls: the access token, verified as Graph does."""

from collections import OrderedDict
from collections.abc import Mapping

from m365sim.entra.signing import Claims, TokenError, accepted_audiences, read_token
from m365sim.faults.answering import unauthorized
from m365sim.graph.call import Access
from m365sim.world import World

REMEMBERED_TOKENS = 1000


class Gatekeeper:
    """Reads tokens; signatures once, everything that changes with time at every request."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._verified: OrderedDict[str, Claims] = OrderedDict()

    def admit(self, headers: Mapping[str, str], now: float) -> Access:
        """Return who calls; 401 for a token that is not accepted."""
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise unauthorized("Access token is empty.")
        claims = self._claims(token.strip())
        world = self._world
        if claims.aud.rstrip("/") not in accepted_audiences(world.cloud, world.graph_url):
            raise unauthorized("Access token validation failure. Invalid audience.")
        if not claims.nbf - 300 <= now < claims.exp:
            raise unauthorized("Access token has expired or is not yet valid.")
        if claims.serial <= world.tokens_revoked:
            raise unauthorized(
                "Continuous access evaluation resulted in challenge: the token was revoked."
            )
        directory = world.directories.get(claims.tid)
        if directory is None:
            raise unauthorized("The identity of the calling application could not be established.")
        return Access(directory, claims, directory.applications.get(claims.appid))

    def _claims(self, token: str) -> Claims:
        known = self._verified.get(token)
        if known is None:
            try:
                known = read_token(token, self._world.signing_keys[0])
            except TokenError as error:
                raise unauthorized(str(error)) from error
            self._verified[token] = known
            if len(self._verified) > REMEMBERED_TOKENS:
                self._verified.popitem(last=False)
        return known
