"""What the attacks need of the simulator: codes without pages, and keys that change."""

from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from tests.simulator.control import Application, Directory, Wire

KEYS: Final = r"/discovery/v2\.0/keys"
TOKEN: Final = r"/oauth2/v2\.0/token"
DISCOVERY: Final = r"/v2\.0/\.well-known/openid-configuration"
"""Where a fault strikes."""


def register(application: Application, *uris: str) -> None:
    """Register redirect URIs, and let the application sign people in."""
    application.wire.do(
        "PATCH",
        f"/directories/{application.directory_id}/applications/{application.application_id}",
        {"redirect_uris": uris, "delegated": ["openid", "profile"]},
    )


def issue_code(wire: Wire, url: str, object_id: str, *, sid: str = "", **changed: str) -> str:
    """Sign somebody in who was sent to `url`, with other parameters perhaps; return the code.

    An empty parameter is taken away.
    """
    parts = urlsplit(url)
    asked = {**dict(parse_qsl(parts.query)), **changed}
    query = urlencode({name: value for name, value in asked.items() if value})
    body = {"url": urlunsplit(parts._replace(query=query)), "user": object_id, "sid": sid}
    answer = wire.call(dict[str, Any], "POST", "/sign_in", body)
    return str(answer["code"])


def change_keys(directory: Directory, what: str) -> None:
    """Change the keys of a directory: own, announce, rotate, retire, swap."""
    directory.wire.do("POST", f"/directories/{directory.directory_id}/keys", {"do": what})


def published_keys(directory: Directory) -> tuple[str, list[str]]:
    """Return the id of the key that signs, and those of all that are published."""
    shown = directory.wire.call(
        dict[str, Any], "GET", f"/directories/{directory.directory_id}/keys"
    )
    return str(shown["signing"]), [str(each) for each in shown["published"]]
