"""SIP messages for tests: written and read by hand, so that wrong ones can be written, too.

Nothing here is the product's: what it sends is judged by other code than what it was written with.
"""

import hashlib
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Self

VERSION: Final = "SIP/2.0"
END_OF_HEADERS: Final = b"\r\n\r\n"
CHALLENGES: Final = {401: "WWW-Authenticate", 407: "Proxy-Authenticate"}
ANSWERS: Final = {401: "Authorization", 407: "Proxy-Authorization"}

Headers = list[tuple[str, str]]


@dataclass
class Message:
    """A request or a response. Headers keep their order; Content-Length is added when sent."""

    line: str
    headers: Headers = field(default_factory=list)
    body: bytes = b""

    @classmethod
    def request(cls, method: str, uri: str, headers: Iterable[tuple[str, str]]) -> Self:
        """Return a request."""
        return cls(f"{method} {uri} {VERSION}", list(headers))

    @classmethod
    def parsed(cls, raw: bytes) -> Self:
        """Read a message."""
        head, _, body = raw.partition(END_OF_HEADERS)
        line, *rest = head.decode("utf-8", "replace").split("\r\n")
        headers = [
            (name.strip(), value.strip()) for name, _, value in (r.partition(":") for r in rest)
        ]
        return cls(line, headers, body)

    @property
    def is_response(self) -> bool:
        """Whether it answers something."""
        return self.line.startswith(VERSION)

    @property
    def status(self) -> int:
        """The status of a response; 0 of a request."""
        return int(self.line.split(" ")[1]) if self.is_response else 0

    @property
    def method(self) -> str:
        """The method: of a response, that of its request."""
        return self["CSeq"].split()[-1] if self.is_response else self.line.split(" ", 1)[0]

    @property
    def uri(self) -> str:
        """What a request is for."""
        return self.line.split(" ")[1]

    @property
    def key(self) -> tuple[str, str, str]:
        """What a response has in common with its request."""
        return self["Call-ID"], self["CSeq"], parameter(self["Via"], "branch")

    @property
    def text(self) -> str:
        """All of it, for searching."""
        return self.raw().decode("utf-8", "replace")

    def __getitem__(self, name: str) -> str:
        """Return the first header of a name, or nothing."""
        return next(iter(self.all(name)), "")

    def __setitem__(self, name: str, value: str) -> None:
        """Put a header in the place of the first of its name, or at the end."""
        for index, (known, _) in enumerate(self.headers):
            if known.lower() == name.lower():
                self.headers[index] = (known, value)
                return
        self.headers.append((name, value))

    def all(self, name: str) -> list[str]:
        """Return the values of all headers of a name."""
        return [value for known, value in self.headers if known.lower() == name.lower()]

    def add(self, name: str, value: str, *, first: bool = False) -> None:
        """Add a header."""
        self.headers.insert(0 if first else len(self.headers), (name, value))

    def drop(self, name: str) -> None:
        """Take all headers of a name away."""
        self.headers = [pair for pair in self.headers if pair[0].lower() != name.lower()]

    def retarget(self, uri: str) -> None:
        """Ask for something else."""
        self.line = f"{self.method} {uri} {VERSION}"

    def raw(self) -> bytes:
        """Return what goes over the wire."""
        lines = [self.line, *(f"{name}: {value}" for name, value in self.headers)]
        if not self["Content-Length"]:
            lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join(lines).encode("utf-8", "surrogateescape") + END_OF_HEADERS + self.body


def parameter(header: str, name: str) -> str:
    """Return a parameter of a header, quoted or not; nothing when it is not there."""
    found = re.search(rf'[;,\s]{name}\s*=\s*(?:"([^"]*)"|([^;,\s>]+))', " " + header, re.IGNORECASE)
    return (found[1] or found[2] or "") if found else ""


def address(header: str) -> str:
    """Return the URI of a From, To, Contact, Route…"""
    found = re.search(r"<([^>]*)>", header)
    return found[1] if found else header.split(";", maxsplit=1)[0].strip()


def challenge_of(response: Message) -> str:
    """Return the challenge of a 401 or 407."""
    return response[CHALLENGES[response.status]]


@dataclass(frozen=True)
class Login:
    """What a phone proves itself with."""

    username: str
    password: str
    realm: str = ""
    """Instead of the challenge's."""

    def answer(
        self, challenge: str, method: str, uri: str, *, nc: int = 1, cnonce: str = ""
    ) -> str:
        """Return the answer to a challenge (RFC 2617, MD5)."""
        realm = self.realm or parameter(challenge, "realm")
        nonce = parameter(challenge, "nonce")
        cnonce = cnonce or secrets.token_hex(8)
        ha1 = _md5(f"{self.username}:{realm}:{self.password}")
        ha2 = _md5(f"{method}:{uri}")
        parts = [
            f'Digest username="{self.username}"',
            f'realm="{realm}"',
            f'nonce="{nonce}"',
            f'uri="{uri}"',
        ]
        if "auth" in parameter(challenge, "qop"):
            response = _md5(f"{ha1}:{nonce}:{nc:08x}:{cnonce}:auth:{ha2}")
            parts += ["qop=auth", f"nc={nc:08x}", f'cnonce="{cnonce}"']
        else:
            response = _md5(f"{ha1}:{nonce}:{ha2}")
        return ", ".join([*parts, f'response="{response}"', "algorithm=MD5"])


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


def new_branch() -> str:
    """Return the branch of a transaction."""
    return f"z9hG4bK{secrets.token_hex(8)}"


def new_tag() -> str:
    """Return a tag."""
    return secrets.token_hex(6)


def plain_sdp(host: str, port: int, *, direction: str = "sendrecv") -> bytes:
    """Return what a desk phone says of its media."""
    lines = (
        "v=0",
        f"o=- {secrets.randbelow(10**9)} 1 IN IP4 {host}",
        "s=-",
        f"c=IN IP4 {host}",
        "t=0 0",
        f"m=audio {port} RTP/AVP 8 0 101",
        "a=rtpmap:8 PCMA/8000",
        "a=rtpmap:0 PCMU/8000",
        "a=rtpmap:101 telephone-event/8000",
        f"a={direction}",
    )
    return "".join(f"{line}\r\n" for line in lines).encode()


def web_sdp(host: str, port: int) -> bytes:
    """Return what a browser says of its media."""
    fingerprint = ":".join(f"{byte:02X}" for byte in secrets.token_bytes(32))
    lines = (
        "v=0",
        f"o=- {secrets.randbelow(10**9)} 2 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        "a=group:BUNDLE 0",
        f"m=audio {port} UDP/TLS/RTP/SAVPF 111 8 0 101",
        f"c=IN IP4 {host}",
        "a=rtcp-mux",
        "a=mid:0",
        "a=setup:actpass",
        f"a=fingerprint:sha-256 {fingerprint}",
        f"a=ice-ufrag:{secrets.token_hex(2)}",
        f"a=ice-pwd:{secrets.token_hex(12)}",
        f"a=candidate:1 1 udp 2113937151 {host} {port} typ host",
        "a=rtpmap:111 opus/48000/2",
        "a=rtpmap:8 PCMA/8000",
        "a=rtpmap:0 PCMU/8000",
        "a=rtpmap:101 telephone-event/8000",
        "a=sendrecv",
    )
    return "".join(f"{line}\r\n" for line in lines).encode()
