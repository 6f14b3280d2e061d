"""The ways that SIP messages go between a test and the switch: UDP, TCP, TLS, WebSocket.

Each wire has an address of its own: on Linux all of 127.0.0.0/8 is this machine, so a test can
come from as many sources as it likes.
"""

import base64
import hashlib
import secrets
import select
import socket
import ssl
import struct
import time
from collections import deque
from typing import Final, Protocol

from tests.call.messages import END_OF_HEADERS

LARGEST: Final = 65535
HANDSHAKE_SECONDS: Final = 5.0
_WEBSOCKET_GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_CLOSE, _PING, _PONG = 8, 9, 10

Address = tuple[str, int]


class Wire(Protocol):
    """One way to the switch, and back."""

    transport: str
    """As Via says it."""

    @property
    def host(self) -> str:
        """Where it comes from."""

    @property
    def port(self) -> int:
        """Where it comes from."""

    def send(self, raw: bytes) -> None:
        """Send one message."""

    def receive(self, seconds: float) -> bytes | None:
        """Return the next message, or None when there is none in time."""

    def close(self) -> None:
        """Hang up, without a word."""


class UdpWire:
    """A datagram socket."""

    transport = "UDP"

    def __init__(self, switch: Address, *, source: str = "127.0.0.1", port: int = 0) -> None:
        self.switch = switch
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self._socket.bind((source, port))
        self.host, self.port = self._socket.getsockname()

    def send(self, raw: bytes) -> None:
        """Send one message."""
        self._socket.sendto(raw, self.switch)

    def receive(self, seconds: float) -> bytes | None:
        """Return the next message, or None when there is none in time."""
        readable, _, _ = select.select([self._socket], [], [], seconds)
        return self._socket.recv(LARGEST) if readable else None

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


class StreamWire:
    """A TCP connection, with TLS or without: messages are told apart by Content-Length."""

    def __init__(
        self, switch: Address, *, source: str = "127.0.0.1", tls: bool = False, name: str = ""
    ) -> None:
        self.transport = "TLS" if tls else "TCP"
        self._socket = connect(switch, source=source, tls=tls, name=name)
        self._read = b""
        self.host, self.port = self._socket.getsockname()

    def send(self, raw: bytes) -> None:
        """Send one message."""
        self._socket.sendall(raw)

    def receive(self, seconds: float) -> bytes | None:
        """Return the next message, or None when there is none in time or nobody there."""
        end = time.monotonic() + seconds
        while (message := self._cut()) is None:
            more = read_some(self._socket, end - time.monotonic())
            if not more:
                return None
            self._read += more
        return message

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()

    def _cut(self) -> bytes | None:
        self._read = self._read.lstrip(b"\r\n")  # answers to keep-alive messages
        head, found, rest = self._read.partition(END_OF_HEADERS)
        if not found:
            return None
        length = next(
            int(line.partition(b":")[2])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length:")
        )
        if len(rest) < length:
            return None
        self._read = rest[length:]
        return head + found + rest[:length]


class RefusedHandshakeError(Exception):
    """The switch did not open the WebSocket."""


class WebSocketWire:
    """A WebSocket (RFC 6455, RFC 7118), over TLS as browsers need it."""

    def __init__(
        self,
        switch: Address,
        *,
        origin: str,
        source: str = "127.0.0.1",
        path: str = "/",
        tls: bool = True,
        protocol: str = "sip",
        host: str = "",
        name: str = "",
    ) -> None:
        self.transport = "WSS" if tls else "WS"
        self._socket = connect(switch, source=source, tls=tls, name=name)
        self.host, self.port = self._socket.getsockname()
        self._read = b""
        self._messages: deque[bytes] = deque()
        self._open(path, host or f"{switch[0]}:{switch[1]}", origin, protocol)

    def send(self, raw: bytes) -> None:
        """Send one message."""
        self._send_frame(1, raw)

    def receive(self, seconds: float) -> bytes | None:
        """Return the next message, or None when there is none in time or nobody there."""
        end = time.monotonic() + seconds
        while not self._messages:
            more = read_some(self._socket, end - time.monotonic())
            if not more:
                return None
            self._read += more
            self._take_frames()
        return self._messages.popleft()

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()

    def _open(self, path: str, host: str, origin: str, protocol: str) -> None:
        key = base64.b64encode(secrets.token_bytes(16))
        lines = [
            f"GET {path} HTTP/1.1",
            f"Host: {host}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key.decode()}",
            "Sec-WebSocket-Version: 13",
        ]
        lines += [f"Sec-WebSocket-Protocol: {protocol}"] if protocol else []
        lines += [f"Origin: {origin}"] if origin else []
        self._socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        end = time.monotonic() + HANDSHAKE_SECONDS
        while END_OF_HEADERS not in self._read:
            more = read_some(self._socket, end - time.monotonic())
            if not more:
                self.close()
                raise RefusedHandshakeError("no answer")
            self._read += more
        head, _, self._read = self._read.partition(END_OF_HEADERS)
        accepted = base64.b64encode(hashlib.sha1(key + _WEBSOCKET_GUID).digest())
        if not head.startswith(b"HTTP/1.1 101") or accepted not in head:
            self.close()
            raise RefusedHandshakeError(head.split(b"\r\n")[0].decode())

    def _send_frame(self, opcode: int, payload: bytes) -> None:
        mask = secrets.token_bytes(4)
        size = len(payload)
        if size < 126:
            head = struct.pack("!BB", 0x80 | opcode, 0x80 | size)
        elif size <= LARGEST:
            head = struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, size)
        else:
            head = struct.pack("!BBQ", 0x80 | opcode, 0x80 | 127, size)
        masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))
        self._socket.sendall(head + mask + masked)

    def _take_frames(self) -> None:
        while (frame := self._cut()) is not None:
            opcode, payload = frame
            if opcode in {1, 2}:
                self._messages.append(payload)
            elif opcode == _PING:
                self._send_frame(_PONG, payload)
            elif opcode == _CLOSE:
                self._send_frame(_CLOSE, payload)

    def _cut(self) -> tuple[int, bytes] | None:
        if len(self._read) < 2:
            return None
        size, start = self._read[1] & 0x7F, 2
        if size == 126:
            start = 4
            size = int.from_bytes(self._read[2:4], "big")
        elif size == 127:
            start = 10
            size = int.from_bytes(self._read[2:10], "big")
        if len(self._read) < start + size:
            return None
        opcode, payload = self._read[0] & 0xF, self._read[start : start + size]
        self._read = self._read[start + size :]
        return opcode, payload


def connect(switch: Address, *, source: str, tls: bool, name: str = "") -> socket.socket:
    """Connect to the switch, whoever its certificate says it is."""
    plain = socket.create_connection(switch, HANDSHAKE_SECONDS, source_address=(source, 0))
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if not tls:
        return plain
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(plain, server_hostname=name or switch[0])


def read_some(connection: socket.socket, seconds: float) -> bytes:
    """Return what comes next; nothing when there is nothing in time, or nobody there."""
    if seconds <= 0:
        return b""
    connection.settimeout(seconds)
    try:
        return connection.recv(LARGEST)
    except (TimeoutError, OSError):
        return b""
    finally:
        connection.settimeout(HANDSHAKE_SECONDS)
