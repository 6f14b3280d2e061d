"""The program `m365sim`."""

import asyncio
import ipaddress
import sys
from collections.abc import Callable
from pathlib import Path

import click

from m365sim.clouds import CLOUDS
from m365sim.generator.plan import SpecError
from m365sim.server import Address, Addresses, serve

LARGEST_PORT = 65535


def read_address(_: click.Context, option: click.Parameter, value: str) -> Address:
    """Take `HOST:PORT` apart; port 0 is any free one."""
    host, _colon, port = value.rpartition(":")
    if not host or not port.isdigit() or int(port) > LARGEST_PORT:
        raise click.BadParameter(f"'{value}' is not HOST:PORT.", param=option)
    return Address(host.strip("[]"), int(port))


@click.group()
def main() -> None:
    """A simulated Microsoft 365: Entra and Graph over real HTTPS."""


@main.command("serve")
@click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Where keys and sim.json are.",
)
@click.option("--login", callback=read_address, default="127.0.0.1:9443", show_default=True)
@click.option("--graph", callback=read_address, default="127.0.0.1:9444", show_default=True)
@click.option(
    "--control",
    callback=read_address,
    default="127.0.0.1:9445",
    show_default=True,
    help="Loopback only.",
)
@click.option(
    "--directory",
    "specs",
    multiple=True,
    metavar="SPEC",
    help="contoso, empty:NAME or people:N[:CONTACTS[:SHARE]], then ,key=value. Can be given again.",
)
@click.option("--cloud", type=click.Choice(sorted(CLOUDS)), default="global", show_default=True)
@click.option("--quiet", is_flag=True, help="Say nothing when ready.")
def serve_command(
    home: Path,
    login: Address,
    graph: Address,
    control: Address,
    specs: tuple[str, ...],
    cloud: str,
    *,
    quiet: bool,
) -> None:
    """Serve until told to end."""
    if not _on_loopback(control.host):
        raise click.BadParameter(
            "The control interface listens on the loopback only.", param_hint="--control"
        )
    program = serve(
        home,
        addresses=Addresses(login, graph, control),
        cloud=CLOUDS[cloud],
        specs=specs,
        announce=(lambda _: None) if quiet else click.echo,
    )
    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(program)
    except SpecError as error:
        raise click.BadParameter(str(error), param_hint="--directory") from error
    except OSError as error:
        raise click.ClickException(str(error)) from error


def _on_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    if sys.platform == "win32":
        return asyncio.new_event_loop
    import uvloop

    return uvloop.new_event_loop
