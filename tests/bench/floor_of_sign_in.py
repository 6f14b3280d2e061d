"""The least that a sign-in can cost here: one signature, one POST by HTTPS, two requests served."""

import ssl
import time
import uuid
from dataclasses import dataclass
from urllib.parse import urlencode

import aiohttp

from tests.simulator.control import Simulator
from tests.simulator.graph import BEARER, KeyPair

TIMES = 200
REQUESTS = 2


@dataclass(frozen=True)
class Floor:
    """Milliseconds of processor time."""

    signature: float
    """An assertion, by a key that is at hand."""
    post: float
    """A request to the token endpoint on a connection that is kept, and its answer."""
    trivial: float
    """Two requests to our web server that read nothing."""

    @property
    def sum(self) -> float:
        """All of it."""
        return self.signature + self.post + self.trivial


async def measure_floor(simulator: Simulator, directory_id: str, trivial: float) -> Floor:
    """Measure signature and POST in this process; `trivial` is one request that does nothing."""
    keys = KeyPair()
    url = f"{simulator.login}/{directory_id}/oauth2/v2.0/token"
    claims = {"aud": url, "iss": "nobody", "sub": "nobody", "jti": str(uuid.uuid4())}
    assertion = keys.assertion(claims)
    begun = time.process_time()
    for _ in range(TIMES):
        keys.assertion(claims)
    signature = (time.process_time() - begun) * 1000 / TIMES
    form = urlencode({"client_assertion_type": BEARER, "client_assertion": assertion})
    headers = {"content-type": "application/x-www-form-urlencoded"}
    tls = ssl.create_default_context(cafile=simulator.ca_file)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=tls)) as session:
        await _post(session, url, form, headers)
        begun = time.process_time()
        for _ in range(TIMES):
            await _post(session, url, form, headers)
        post = (time.process_time() - begun) * 1000 / TIMES
    return Floor(signature, post, trivial * REQUESTS)


async def _post(
    session: aiohttp.ClientSession, url: str, form: str, headers: dict[str, str]
) -> None:
    """Ask for what is refused: the answer is short, and made without a signature."""
    async with session.post(url, data=form, headers=headers) as answer:
        await answer.read()
