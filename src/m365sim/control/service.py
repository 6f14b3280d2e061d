"""The control interface: which page a path belongs to."""

import re
from collections.abc import Callable

import msgspec
from aiohttp import web

from m365sim.control import directories, knobs, sign_in, truth
from m365sim.control.asking import Ask, ControlError
from m365sim.control.changes import make_changes
from m365sim.control.evolution import evolve
from m365sim.wire import pairs
from m365sim.world import World

Page = Callable[[Ask], object]
APPLICATION = "/directories/*/applications/*"
PAGES: tuple[tuple[str, str, Page], ...] = (
    ("GET", "/state", knobs.show_state),
    ("POST", "/reset", knobs.reset),
    ("PUT", "/clock", knobs.set_clock),
    ("GET", "/settings", knobs.show_settings),
    ("PUT", "/settings", knobs.set_settings),
    ("POST", "/revoke_tokens", knobs.revoke_tokens),
    ("POST", "/sign_in", sign_in.sign_in),
    ("POST", "/faults", knobs.add_fault),
    ("GET", "/faults", knobs.list_faults),
    ("DELETE", "/faults", knobs.remove_faults),
    ("DELETE", "/faults/*", knobs.remove_faults),
    ("GET", "/requests", knobs.list_requests),
    ("DELETE", "/requests", knobs.remove_requests),
    ("PUT", "/recording", knobs.set_recording),
    ("GET", "/recording", knobs.show_recording),
    ("POST", "/directories", directories.add_directory),
    ("GET", "/directories/*", directories.show_directory),
    ("PATCH", "/directories/*", directories.set_directory),
    ("DELETE", "/directories/*", directories.remove_directory),
    ("POST", "/directories/*/changes", make_changes),
    ("POST", "/directories/*/evolve", evolve),
    ("POST", "/directories/*/expire_delta_tokens", knobs.expire_delta_tokens),
    ("GET", "/directories/*/users", truth.list_users),
    ("GET", "/directories/*/users/*", truth.show_user),
    ("GET", "/directories/*/users/*/contacts", truth.list_contacts),
    ("GET", "/directories/*/groups", truth.list_groups),
    ("GET", "/directories/*/keys", sign_in.show_keys),
    ("POST", "/directories/*/keys", sign_in.change_keys),
    ("POST", "/directories/*/applications", directories.add_application),
    ("PATCH", APPLICATION, directories.set_application),
    ("DELETE", APPLICATION, directories.remove_application),
    ("POST", f"{APPLICATION}/certificates", directories.add_certificate),
    ("GET", f"{APPLICATION}/certificates", directories.list_certificates),
    ("DELETE", f"{APPLICATION}/certificates/*", directories.remove_certificate),
)


class Control:
    """The service behind the control port."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._pages = [
            (method, re.compile(f"^{path.replace('*', '([^/]+)')}$"), page)
            for method, path, page in PAGES
        ]

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request of the HTTP server."""
        path, _, query = request.raw_path.partition("?")
        body = await request.content.read()
        status = 200
        try:
            page, arguments = self._page(request.method, path)
            value = page(Ask(self._world, arguments, pairs(query), body))
        except ControlError as error:
            status, value = error.status, {"error": str(error)}
        return web.Response(
            status=status, body=msgspec.json.encode(value), content_type="application/json"
        )

    def _page(self, method: str, path: str) -> tuple[Page, tuple[str, ...]]:
        other_method = False
        for own_method, pattern, page in self._pages:
            match = pattern.match(path)
            if match is not None and own_method == method:
                return page, match.groups()
            other_method |= match is not None
        if other_method:
            raise ControlError(f"{path} has no {method}.", status=405)
        raise ControlError(f"There is no {path}.", status=404)
