"""HTTP on one side, the services on the other; here connections are broken, too."""

import asyncio
from collections.abc import Mapping

from aiohttp import web

from m365sim.packing import Packer
from m365sim.wire import Reply, Service, WireRequest
from m365sim.world import World


class Transport:
    """Serves one host over HTTP/1.1."""

    def __init__(self, world: World, service: Service) -> None:
        self._world = world
        self._service = service
        self._packer = Packer()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request of the HTTP server."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        reply = await self._service(
            WireRequest(
                number=self._world.journal.next_number(),
                method=request.method,
                path=request.raw_path,
                headers=headers,
                body=await request.content.read(),
            )
        )
        if reply.outcome.wait:
            await asyncio.sleep(reply.outcome.wait)
        if reply.outcome.cut == "before":
            return _cut(request)
        answer = reply.outcome.answer
        packed: bytes | None = None
        if self._world.settings.gzip and "gzip" in headers.get("accept-encoding", ""):
            packed = self._packer.packed(answer)
        if packed is None:
            return await _send(request, reply, answer.body, {})
        return await _send(request, reply, packed, {"Content-Encoding": "gzip"})


async def _send(
    request: web.BaseRequest, reply: Reply, body: bytes, encoding: Mapping[str, str]
) -> web.StreamResponse:
    outcome = reply.outcome
    headers = {**reply.headers, **encoding}
    if not (outcome.cut or outcome.stall):
        response = web.Response(status=outcome.answer.status, headers=headers, body=body)
        if outcome.close:
            response.force_close()
        return response
    streamed = web.StreamResponse(status=outcome.answer.status, headers=headers)
    streamed.content_length = len(body)
    await streamed.prepare(request)
    await streamed.write(body[: len(body) // 2])
    if outcome.cut:
        return _cut(request)
    await asyncio.sleep(outcome.stall)
    await streamed.write(body[len(body) // 2 :])
    await streamed.write_eof()
    return streamed


def _cut(request: web.BaseRequest) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)
