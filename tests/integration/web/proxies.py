"""nginx and Caddy with the configurations of deploy/, on ports of their own."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.integration.web.server import Web, wait_until
from tests.needs import ROOT, need
from tests.pairs import new_pair
from tests.ports import free_port

DOMAIN = "pbx.example.com"
BACKEND = "127.0.0.1:8080"
NGINX = """
daemon off;
pid nginx.pid;
error_log stderr warn;
events {}
http {
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    include rollcall.conf;
}
"""
CADDY = f"{{\n\tadmin off\n\tdefault_sni {DOMAIN}\n\thttp_port PORT\n}}\n"


@dataclass(frozen=True)
class Proxy:
    """A proxy in front of a web server: what speaks HTTPS, and the port that sends people there."""

    front: Web
    plain_port: int


@contextmanager
def nginx(backend: Web, directory: Path, *, leave_out: str = "") -> Iterator[Proxy]:
    """Have nginx in front of a web server, with the block that begins like this left out."""
    program = _find("nginx")
    certificate, key = new_pair(DOMAIN).write(directory)
    secure, plain = free_port(), free_port()
    sample = changed(
        ROOT / "deploy/nginx/rollcall.conf",
        {
            BACKEND: f"127.0.0.1:{backend.port}",
            "listen 80;": f"listen 127.0.0.1:{plain};",
            "listen 443 ssl": f"listen 127.0.0.1:{secure} ssl",
            "/etc/ssl/pbx.example.com/fullchain.pem": str(certificate),
            "/etc/ssl/pbx.example.com/privkey.pem": str(key),
        },
        leave_out=leave_out,
    )
    (directory / "rollcall.conf").write_text(sample)
    (directory / "nginx.conf").write_text(NGINX)
    command = [program, "-p", str(directory), "-c", "nginx.conf", "-e", "stderr"]
    with _running(command, directory, backend, secure) as front:
        yield Proxy(front, plain)


@contextmanager
def caddy(backend: Web, directory: Path, *, leave_out: str = "") -> Iterator[Proxy]:
    """Have Caddy in front of a web server, with the line that begins like this left out."""
    program = _find("caddy")
    certificate, key = new_pair(DOMAIN).write(directory)
    secure, plain = free_port(), free_port()
    site = f"https://{DOMAIN}:{secure} {{\n\ttls {certificate} {key}\n"
    sample = changed(
        ROOT / "deploy/caddy/Caddyfile",
        {BACKEND: f"127.0.0.1:{backend.port}", f"{DOMAIN} {{\n": site},
        leave_out=leave_out,
    )
    (directory / "Caddyfile").write_text(CADDY.replace("PORT", str(plain)) + sample)
    command = [program, "run", "--adapter", "caddyfile", "--config", "Caddyfile"]
    with _running(command, directory, backend, secure) as front:
        yield Proxy(front, plain)


def changed(sample: Path, changes: Mapping[str, str], *, leave_out: str) -> str:
    """Return a sample with other places in it: each has to stand there."""
    text = sample.read_text()
    for here, there in changes.items():
        assert here in text, f"{sample.name} has no {here}"
        text = text.replace(here, there)
    if leave_out:
        begin = text.index(leave_out)
        end = text.index("}\n" if leave_out.endswith("{") else "\n", begin)
        text = text[:begin] + text[text.index("\n", end) + 1 :]
    return text


def _find(name: str) -> str:
    program = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    need(program, f"{name} (make deps)")
    return str(program)


@contextmanager
def _running(command: list[str], directory: Path, backend: Web, port: int) -> Iterator[Web]:
    environ = {"PATH": os.environ["PATH"], "HOME": str(directory), "XDG_DATA_HOME": str(directory)}
    process = subprocess.Popen(
        command, cwd=directory, env=environ, stderr=subprocess.PIPE, text=True
    )
    try:
        front = Web(backend.program, process, "127.0.0.1", port, https=True)
        wait_until(lambda: _answers(front))
        yield front
    finally:
        process.terminate()
        process.communicate(timeout=20)


def _answers(web: Web) -> bool:
    if web.process.poll() is not None:
        raise AssertionError(web.process.communicate())
    try:
        return web.ask("/healthz", headers={"Host": DOMAIN}).status == 200
    except OSError:
        return False
