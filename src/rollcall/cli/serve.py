"""rollcall up, web, worker, scheduler, switch: what runs until it is told to stop."""

import os
import time
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from pathlib import Path

import click
from django.db import DatabaseError, InterfaceError
from rich.markup import escape

from rollcall.accounts.arrivals import needs_set_up
from rollcall.accounts.links import Purpose, make_link
from rollcall.cli.command import plain_errors
from rollcall.cli.output import console
from rollcall.environment import Environment, read_environment
from rollcall.host.locks import only_one
from rollcall.host.opening import open_machine
from rollcall.service.everything import run_everything
from rollcall.service.presence import new_identity, present
from rollcall.service.scheduler import run_scheduler
from rollcall.service.stopping import Stopping
from rollcall.service.worker import run_worker
from rollcall.web.addresses import address_of_link
from rollcall.wiring.machine import Machine, utc_now

Serve = Callable[[Machine, Stopping], None]
Command = Callable[..., None]

WIDEST_PART = 10
RUNNING = "“rollcall up” runs for {home} already: “rollcall doctor” shows it."


def _part_command(kind: str) -> Callable[[Serve], Command]:
    """Make a command of what a part does: it opens the machine, and stops when it is told to."""

    def decorate(serve: Serve) -> Command:
        @click.option("--name", default=kind, hidden=True)
        @click.option("--stop-with-pipe", is_flag=True, hidden=True)
        @wraps(serve)
        def command(*, name: str, stop_with_pipe: bool) -> None:
            stopping = Stopping()
            stopping.on_signals()
            if stop_with_pipe:
                stopping.with_pipe()
            with plain_errors():
                environment = _environment()
                with open_machine(environment, part=name, service=True) as machine:
                    serve(machine, stopping)

        return command

    return decorate


def _environment() -> Environment:
    return read_environment(environ=os.environ, cwd=Path.cwd())


@click.command("worker")
@_part_command("worker")
def worker(machine: Machine, stopping: Stopping) -> None:
    """Carry out what is queued, until told to stop. Any number, on any number of machines."""
    run_worker(machine, stopping)


@click.command("scheduler")
@_part_command("scheduler")
def scheduler(machine: Machine, stopping: Stopping) -> None:
    """Ask for nightly syncs, and go on with runs whose worker died. One is enough."""
    run_scheduler(machine, stopping)


@click.command("web")
@_part_command("web")
def web(machine: Machine, stopping: Stopping) -> None:
    """Serve HTTPS: the portal, the REST API, /healthz, /readyz and /metrics."""
    with present(new_identity("web")):
        from rollcall.service.web import serve_web

        if not click.get_current_context().params["stop_with_pipe"]:  # else rollcall up says it
            _offer_set_up(machine)
        serve_web(machine, stopping)


@click.command("switch")
@_part_command("switch")
def switch(machine: Machine, stopping: Stopping) -> None:
    """Connect phones and carriers: Kamailio and rtpengine, until told to stop."""
    from rollcall.service.switch import serve_switch

    serve_switch(machine, stopping)


@click.command("up")
@click.option(
    "--no-switch", is_flag=True, help="Start no switch: everything but calls works without."
)
def up(*, no_switch: bool) -> None:
    """Run everything on this machine: database, web, workers, switch. Ctrl-C stops it."""
    stopping = Stopping()
    stopping.on_signals()
    began = time.monotonic()

    def ready() -> None:
        seconds = time.monotonic() - began
        _say("rollcall", f"ready after {seconds:.1f} s. Ctrl-C stops it; nothing is lost.")
        with suppress(DatabaseError, InterfaceError):  # the watch sees to the database
            _offer_set_up(machine)

    with plain_errors():
        environment = _environment()
        with (
            open_machine(environment, part="up", service=True) as machine,
            only_one(environment.home, "up.lock", RUNNING.format(home=environment.home)),
        ):
            _say("database", _describe_database(environment))
            _say("web", f"{_scheme(environment)}://{environment.listen.netloc}")
            run_everything(machine, stopping=stopping, say=_say, ready=ready, switch=not no_switch)
        _say("rollcall", "stopped")


def _offer_set_up(machine: Machine) -> None:
    """Print a link to whoever sees the console, where nobody can sign in yet. It is not logged."""
    if needs_set_up():
        token = make_link(Purpose.SET_UP, now=utc_now())
        address = address_of_link(machine.environment, Purpose.SET_UP, token)
        _say("set-up", "There is no system administrator yet. Within a day, open this link once:")
        _say("set-up", address)


def _describe_database(environment: Environment) -> str:
    url = environment.database_url
    return url.shown if url else f"PostgreSQL under {environment.home}"


def _scheme(environment: Environment) -> str:
    return "https" if environment.https else "http"


def _say(part: str, words: str) -> None:
    clock = time.strftime("%H:%M:%S")
    console.print(f"{clock}  [bold]{part:<{WIDEST_PART}}[/bold]  {escape(words)}", soft_wrap=True)
