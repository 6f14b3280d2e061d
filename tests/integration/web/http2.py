"""As much of HTTP/2 as it takes to ask for one page: RFC 9113 and RFC 7541, by hand."""

import socket
import ssl
import struct
from collections.abc import Callable

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, SETTINGS = 0, 1, 4
END_STREAM, END_HEADERS = 0x1, 0x4
GET, HTTPS, STATUS_200 = b"\x82", b"\x87", 0x88
"""Entries of HPACK's static table: :method GET, :scheme https, :status 200."""


def ask(address: tuple[str, int], path: str, context: ssl.SSLContext) -> tuple[bool, bytes]:
    """Ask for a page; return whether the status is 200, and the body."""
    context.set_alpn_protocols(["h2"])
    with (
        socket.create_connection(address, timeout=10) as plain,
        context.wrap_socket(plain) as secure,
    ):
        assert secure.selected_alpn_protocol() == "h2"
        fields = GET + HTTPS + _literal(4, path) + _literal(1, "localhost")
        secure.sendall(PREFACE + _frame(SETTINGS, 0, 0, b""))
        secure.sendall(_frame(HEADERS, END_STREAM | END_HEADERS, 1, fields))
        good, body = False, b""
        with secure.makefile("rb") as stream:
            while True:
                kind, flags, content = _read_frame(stream.read(9), stream.read)
                if kind == HEADERS:
                    good = content[0] == STATUS_200
                elif kind == DATA:
                    body += content
                if kind in {HEADERS, DATA} and flags & END_STREAM:
                    return good, body


def _literal(name: int, value: str) -> bytes:
    """A field that is not added to the table, its name by number, its value as it is."""
    return bytes([name, len(value)]) + value.encode()


def _frame(kind: int, flags: int, stream: int, content: bytes) -> bytes:
    return struct.pack(">I", len(content))[1:] + struct.pack(">BBI", kind, flags, stream) + content


def _read_frame(head: bytes, read: Callable[[int], bytes]) -> tuple[int, int, bytes]:
    length = int.from_bytes(head[:3])
    return head[3], head[4], read(length)
