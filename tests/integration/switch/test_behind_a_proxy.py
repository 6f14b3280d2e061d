"""Web phones through nginx and Caddy, as deploy/ configures them."""

import base64
import os
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from django.db import connections

from rollcall.environment import HostPort
from rollcall.service.stopping import Stopping
from rollcall.service.switch import running_switch
from rollcall.wiring.machine import Machine
from tests.integration.host.machine import wait_until
from tests.integration.switch.conftest import Running
from tests.integration.web.proxies import CADDY, DOMAIN, NGINX, changed
from tests.needs import ROOT, need
from tests.pairs import new_pair
from tests.ports import free_port, free_sip_port

SOCKET = "127.0.0.1:8444"
ORIGIN = f"https://{DOMAIN}"


@pytest.fixture
def behind(machine: Machine) -> Iterator[Running]:
    """A switch whose web phones come through a proxy."""
    environment = msgspec.structs.replace(
        machine.environment,
        phone_socket=f"wss://{DOMAIN}/phone/socket",
        web_domain=HostPort(DOMAIN, 443),
    )
    own = Machine(environment, machine.conninfo)
    with running_switch(own, Stopping()) as switch:
        yield Running(own, switch)
        connections.close_all()


@pytest.fixture(params=["nginx", "caddy"])
def front(request: pytest.FixtureRequest, behind: Running, tmp_path: Path) -> Iterator[int]:
    """The port of a proxy in front of the switch."""
    program = shutil.which(request.param, path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    need(program, f"{request.param} (make deps)")
    port = behind.machine.environment.wss_port
    secure = free_sip_port()  # of the kernel's own, a look at it could meet itself
    write = _write_nginx if request.param == "nginx" else _write_caddy
    command = [str(program), *write(tmp_path, socket_port=port, secure=secure)]
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)},
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: _listens(secure))
        yield secure
    finally:
        process.terminate()
        process.wait(20)


def test_a_web_phone_of_our_page_is_let_through_and_a_strangers_is_not(front: int) -> None:
    assert handshake(front, ORIGIN).startswith("HTTP/1.1 101 ")
    assert handshake(front, "https://evil.example").startswith("HTTP/1.1 403 ")
    assert handshake(front, "").startswith("HTTP/1.1 403 ")


def test_behind_a_proxy_the_socket_is_of_loopback_alone(behind: Running) -> None:
    port = behind.machine.environment.wss_port
    listening = Path("/proc/net/tcp").read_text().splitlines()[1:]
    places = [line.split()[1] for line in listening if line.split()[3] == "0A"]

    assert [each for each in places if each.endswith(f":{port:04X}")] == [f"0100007F:{port:04X}"]


def handshake(port: int, origin: str) -> str:
    """Ask for a WebSocket; return the first line of the answer."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    key = base64.b64encode(os.urandom(16)).decode()
    lines = [
        "GET /phone/socket HTTP/1.1",
        f"Host: {DOMAIN}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {key}",
        "Sec-WebSocket-Protocol: sip",
        *([f"Origin: {origin}"] if origin else []),
    ]
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname=DOMAIN) as wire,
    ):
        wire.sendall("\r\n".join([*lines, "", ""]).encode())
        return wire.recv(4096).decode(errors="replace").partition("\r\n")[0]


def _write_nginx(directory: Path, *, socket_port: int, secure: int) -> list[str]:
    certificate, key = new_pair(DOMAIN).write(directory)
    changes = {
        SOCKET: f"127.0.0.1:{socket_port}",
        "listen 80;": f"listen 127.0.0.1:{free_port()};",
        "listen 443 ssl": f"listen 127.0.0.1:{secure} ssl",
        "/etc/ssl/pbx.example.com/fullchain.pem": str(certificate),
        "/etc/ssl/pbx.example.com/privkey.pem": str(key),
    }
    sample = changed(ROOT / "deploy/nginx/rollcall.conf", changes, leave_out="")
    (directory / "rollcall.conf").write_text(sample)
    (directory / "nginx.conf").write_text(NGINX)
    return ["-p", str(directory), "-c", "nginx.conf", "-e", "stderr"]


def _write_caddy(directory: Path, *, socket_port: int, secure: int) -> list[str]:
    certificate, key = new_pair(DOMAIN).write(directory)
    site = f"https://{DOMAIN}:{secure} {{\n\ttls {certificate} {key}\n"
    changes = {SOCKET: f"127.0.0.1:{socket_port}", f"{DOMAIN} {{\n": site}
    sample = changed(ROOT / "deploy/caddy/Caddyfile", changes, leave_out="")
    (directory / "Caddyfile").write_text(CADDY.replace("PORT", str(free_port())) + sample)
    return ["run", "--adapter", "caddyfile", "--config", "Caddyfile"]


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
