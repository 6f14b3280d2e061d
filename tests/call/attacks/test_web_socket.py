"""WebSockets: opened by our own pages alone, and good for nothing but SIP."""

import socket
import ssl

import pytest

from tests.call.messages import END_OF_HEADERS
from tests.call.stage import Stage
from tests.call.wires import (
    Address,
    RefusedHandshakeError,
    StreamWire,
    WebSocketWire,
    connect,
    read_some,
)


def opened(stage: Stage, *, origin: str | None = None, protocol: str = "sip") -> bool:
    """Try to open a WebSocket; tell whether that went."""
    origin = stage.origin if origin is None else origin
    try:
        wire = WebSocketWire(stage.wss, origin=origin, protocol=protocol, source=stage.source())
    except (RefusedHandshakeError, OSError):
        return False
    wire.close()
    return True


@pytest.mark.parametrize(
    "origin",
    [
        "https://attacker.example",
        "null",
        "",
        "{origin}.attacker.example",
        "https://attacker.example/{origin}",
        "http{rest}",
        "{origin}@attacker.example",
        "{origin}\r\nOrigin: https://attacker.example",
        "file://",
        "HTTPS://LOCALHOST.attacker.example",
    ],
)
def test_a_page_of_another_site_opens_nothing(stage: Stage, origin: str) -> None:
    foreign = origin.format(origin=stage.origin, rest=stage.origin.removeprefix("https"))
    assert not opened(stage, origin=foreign)
    assert opened(stage)


def test_another_protocol_than_sip_is_not_spoken(stage: Stage) -> None:
    for protocol in ("", "chat", "msrp"):
        assert not opened(stage, protocol=protocol)
    assert opened(stage)


def test_a_browser_that_looks_gets_a_page_and_nothing_else(stage: Stage) -> None:
    for path in ("/", "/../../etc/passwd", "/RPC", "/rpc", "/jsonrpc", "/metrics", "/x" * 2000):
        connection = connect(stage.wss, source=stage.source(), tls=True, name="localhost")
        request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"
        connection.sendall(request.encode())
        answer = read_some(connection, 2.0)
        connection.close()
        head, _, body = answer.partition(END_OF_HEADERS)
        assert not head or int(head.split()[1]) in {200, 400, 403, 404, 414}, head
        assert b"kamailio" not in answer.lower()
        assert b"jsonrpc" not in body
        assert b"root:" not in body
    assert opened(stage)


@pytest.mark.parametrize("method", ["POST", "PUT", "CONNECT", "OPTIONS", "TRACE"])
def test_other_methods_of_http_do_nothing(stage: Stage, method: str) -> None:
    connection = connect(stage.wss, source=stage.source(), tls=True, name="localhost")
    body = b'{"jsonrpc":"2.0","method":"core.version","id":1}'
    head = f"{method} /RPC HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
    connection.sendall(head.encode() + body)
    answer = read_some(connection, 1.0)
    connection.close()
    assert b" 200 " not in answer.split(b"\r\n")[0]
    assert b"kamailio" not in answer.lower()
    assert opened(stage)


def test_a_web_socket_does_not_open_without_tls(stage: Stage) -> None:
    with pytest.raises((RefusedHandshakeError, OSError)):
        WebSocketWire(stage.wss, origin=stage.origin, source=stage.source(), tls=False)
    with pytest.raises((RefusedHandshakeError, OSError)):
        WebSocketWire(stage.sip, origin=stage.origin, source=stage.source(), tls=False)
    assert opened(stage)


def test_plain_sip_does_not_pass_for_a_web_phone(stage: Stage) -> None:
    """SIP over TLS at the port of WebSockets, and WebSockets at the port of SIP."""
    person = stage.north.hire()
    wire = StreamWire(stage.wss, source=stage.source(), tls=True, name="localhost")
    phone = stage.phone(person)
    wire.send(phone.compose("OPTIONS", f"sip:{stage.north.domain}").raw())
    wire.receive(0.5)
    wire.close()
    assert phone.register().status == 200


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_an_old_tls_is_not_spoken(stage: Stage) -> None:
    for address in (stage.wss, stage.sips):
        assert spoken(address, ssl.TLSVersion.TLSv1_2) == "TLSv1.2"
        with pytest.raises((ssl.SSLError, ConnectionError)):
            spoken(address, ssl.TLSVersion.TLSv1_1)


def spoken(address: Address, version: ssl.TLSVersion) -> str | None:
    """Shake hands with one version of TLS; return its name."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    plain = socket.create_connection(address, 5)
    with context.wrap_socket(plain, server_hostname="localhost") as secret:
        return secret.version()
