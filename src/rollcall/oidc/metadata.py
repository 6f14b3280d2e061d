"""What a directory says of its sign-in, believed only as far as the cloud's row goes.

OpenID Connect Discovery 4.3 compares the issuer with the host that was asked. Microsoft's clouds
have hosts by several names (21Vianet's documents name login.partner.microsoftonline.cn wherever
they were read), so it is compared with what the row says that the directory's issuer is.
"""

from typing import Final

import msgspec

from rollcall.core.errors import SetupError
from rollcall.oidc.documents import DocumentError, read_document

LONGEST_DOCUMENT: Final = 64 * 1024
LONGEST_URL: Final = 2048


class Metadata(msgspec.Struct, frozen=True):
    """The endpoints of one directory. `end_session_endpoint` is "" where there is none."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    end_session_endpoint: str = ""


class MetadataError(SetupError):
    """A directory's description is not one that can be signed in by."""


def read_metadata(body: bytes, *, issuer: str, origin: str) -> Metadata:
    """Return the description in `body`; raise MetadataError unless it is `issuer`'s at `origin`."""
    try:
        found = read_document(body, Metadata, most=LONGEST_DOCUMENT)
    except DocumentError as error:
        raise MetadataError(
            f"The answer is not a directory's description ({error}): a proxy or a firewall may be "
            "between.",
            code="unreachable",
            help_page="proxy.md",
        ) from None
    if found.issuer != issuer:
        raise MetadataError(
            f"The directory names {_shown(found.issuer)} as its issuer, but the cloud chosen here "
            f"has {issuer}: check the Directory (tenant) ID and the national cloud.",
            code="wrong-cloud",
            help_page="errors/wrong-cloud.md",
        )
    endpoints = {
        "authorization_endpoint": found.authorization_endpoint,
        "token_endpoint": found.token_endpoint,
        "jwks_uri": found.jwks_uri,
    }
    if found.end_session_endpoint:
        endpoints["end_session_endpoint"] = found.end_session_endpoint
    for name, url in endpoints.items():
        _check_endpoint(name, url, origin)
    return found


def _check_endpoint(name: str, url: str, origin: str) -> None:
    """Refuse an endpoint of another host. What begins with origin and slash has no other one."""
    start = f"{origin}/".lower()
    plain = url.isascii() and url.isprintable() and not set(url) & set(' "<>\\^`{|}#')
    if len(url) > LONGEST_URL or not plain or url[: len(start)].lower() != start:
        raise MetadataError(
            f"The directory's {name} is not at {origin}: {_shown(url)}. It was not followed.",
            code="foreign-link",
        )


def _shown(text: str) -> str:
    """Return as much of a text from elsewhere as can be shown."""
    return "".join(each if each.isprintable() else "?" for each in text[:200])
