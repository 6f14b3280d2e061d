"""rollcall sync …"""

import time

import click

from rollcall.cli.command import FAILED, HELD, Desk, with_desk
from rollcall.cli.explain import show_person
from rollcall.cli.output import errors, print_json, print_json_list, say
from rollcall.cli.progress import shown_progress
from rollcall.cli.report import show_report, show_runs
from rollcall.core.errors import SetupError, StoppedError
from rollcall.core.policy import Stage
from rollcall.fleet.queries import has_service
from rollcall.integrations import operations, run_operations
from rollcall.integrations.queries import IntegrationView, get_integration
from rollcall.integrations.recovery import INTERRUPTED, successor_of
from rollcall.integrations.run_operations import RunRequest, request_run
from rollcall.integrations.runs import RunView, get_run, get_summary, list_runs
from rollcall.tenants.queries import TenantView, check_active, get_tenant
from rollcall.wiring.approval import Settled, settle_plan
from rollcall.wiring.explain import explain_person
from rollcall.wiring.machine import utc_now
from rollcall.wiring.sync import carry_out, living_run

UNFINISHED = {"queued", "running"}
EXIT_CODES = {"failed": FAILED, "cancelled": FAILED, "superseded": FAILED, "held": HELD}
LOOK_EVERY = 0.5


@click.group()
def sync() -> None:
    """Runs: read the directory, plan, guard, apply, report."""


@sync.command("run")
@click.argument("slug")
@click.option("--dry-run", is_flag=True, help="Show what would change; change nothing.")
@click.option("--full", is_flag=True, help="Read everything from the start.")
@click.option("--only", metavar="STAGE,…", help=f"Stages: {', '.join(Stage)}.")
@click.option(
    "--wait/--no-wait", default=True, help="Wait for its end, or leave it to the service. [wait]"
)
@with_desk
def run(desk: Desk, slug: str, only: str | None, *, dry_run: bool, full: bool, wait: bool) -> None:
    """Synchronise a tenant now: by the service where one runs, else by this command itself."""
    tenant = get_tenant(slug)
    integration = get_integration(tenant.id)
    check_active(tenant)
    request = RunRequest(
        trigger="manual",
        asked_by=desk.actor,
        stages=_parse_stages(only),
        dry_run=dry_run,
        full=full,
    )
    if wait:
        _show_run(desk, _carry_out(desk, tenant, integration, request))
    else:
        _leave_to_service(desk, integration, request)


def _parse_stages(only: str | None) -> tuple[Stage, ...]:
    if only is None:
        return ()
    names = [name.strip() for name in only.split(",") if name.strip()]
    unknown = [name for name in names if name not in set(Stage)]
    if unknown or not names:
        raise click.BadParameter(
            f"{', '.join(unknown) or 'nothing'} is no stage; stages are {', '.join(Stage)}.",
            param_hint="--only",
        )
    return tuple(Stage(name) for name in names)


def _leave_to_service(desk: Desk, integration: IntegrationView, request: RunRequest) -> None:
    if not has_service():
        raise SetupError(
            "--no-wait leaves the run to the service, and none is running: start it with "
            "“rollcall up”, or leave --no-wait out.",
            code="no-service",
            help_page="one-machine.md",
        )
    summary, new = request_run(integration, request)
    if desk.as_json:
        print_json(get_run(summary.id))
    elif new:
        say(f"Run {summary.id} is queued. “rollcall sync report {summary.id}” shows it.")
    else:
        say(f"Run {summary.id} is {summary.state} already; there is one at a time.")


def _carry_out(
    desk: Desk, tenant: TenantView, integration: IntegrationView, request: RunRequest
) -> RunView:
    current, new = living_run(desk.machine, integration.id), False
    if current is None:
        summary, new = request_run(integration, request)
        current = summary.id
        what = "Previewing" if request.dry_run else "Synchronising"
        words = f"{what} {tenant.name}: {', '.join(summary.stages)}"
        if new and not has_service():
            _tell(desk, words)
            with shown_progress(quiet=desk.as_json) as listener:
                view = carry_out(desk.machine, summary, listener=listener)
            if view.state not in UNFINISHED:
                return view
        elif new:
            _tell(desk, f"{words} (run {current}, by the service)")
    if not new:
        words = f"Run {current} is going on already; this is what it comes to."
        errors.print(words, markup=False)
    view = _follow(desk, current)
    if view.started_at is None and view.error and view.error["code"] == INTERRUPTED.code:
        return _carry_out(desk, tenant, integration, request)  # its program died before it began
    return view


def _tell(desk: Desk, words: str) -> None:
    if not desk.as_json:
        errors.print(words, markup=False)


def _follow(desk: Desk, run_id: int) -> RunView:
    """Show a run that somebody else carries out, and those that go on with it, to the end."""
    try:
        while True:
            _follow_one(desk, run_id)
            successor = successor_of(run_id)
            if successor is None:
                return get_run(run_id)
            _tell(desk, f"Run {run_id} lost its worker; run {successor} goes on with it.")
            run_id = successor
    except KeyboardInterrupt:
        raise StoppedError(
            f"Run {run_id} goes on without this command. “rollcall sync cancel {run_id}” ends it."
        ) from None


def _follow_one(desk: Desk, run_id: int) -> None:
    with shown_progress(quiet=desk.as_json) as listener:
        while (summary := get_summary(run_id)).state in UNFINISHED:
            for stage, steps in summary.progress.items():
                if listener is not None:
                    listener(Stage(stage), steps["done"], steps["total"])
            time.sleep(LOOK_EVERY)
            living_run(desk.machine, summary.integration_id)


def _show_run(desk: Desk, view: RunView) -> None:
    """Print a run, and end with its exit code."""
    if desk.as_json:
        print_json(view)
    else:
        show_report(view)
    if view.error:
        errors.print(f"Error: {view.error['message']}", markup=False)
        if view.error.get("help"):
            errors.print(f"More: docs/howto/{view.error['help']}", markup=False)
    code = EXIT_CODES.get(view.state, 0)
    if code:
        raise SystemExit(code)


@sync.command("runs")
@click.argument("slug")
@click.option(
    "--limit",
    type=click.IntRange(1, 1000),
    default=20,
    show_default=True,
    help="So many runs, 1 to 1000.",
)
@with_desk
def runs(desk: Desk, slug: str, limit: int) -> None:
    """List the newest runs of a tenant."""
    views = list_runs(get_tenant(slug).id, limit=limit)
    if desk.as_json:
        print_json_list(views)
    else:
        show_runs(views, utc_now())


@sync.command("report")
@click.argument("run_id", metavar="RUN", type=int)
@with_desk
def report(desk: Desk, run_id: int) -> None:
    """Show a run: every change, every refusal with its reason, every problem."""
    view = get_run(run_id)
    if desk.as_json:
        print_json(view)
    else:
        show_report(view, everything=True)


@sync.command("approve")
@click.argument("run_id", metavar="RUN", type=int)
@with_desk
def approve(desk: Desk, run_id: int) -> None:
    """Apply exactly what a run holds, or a preview showed, if nothing of it has changed since."""
    settled = settle_plan(desk.machine, run_id, actor=desk.actor, served=has_service())
    view = get_run(run_id)
    if desk.as_json:
        print_json(view)
    elif view.state == "applied":
        say(f"The plan of run {run_id} is applied.", "green")
        _tell_what_follows(settled, view.tenant)
    if view.state != "applied":
        raise SetupError(
            f"Run {run_id} is out of date: the PBX or the settings have changed since. Nothing was "
            "changed; run the sync again and decide on what it shows.",
            code="superseded",
        )


def _tell_what_follows(settled: Settled, slug: str) -> None:
    if settled.follow_up is not None:
        say(f"Photos and contacts follow now, in run {settled.follow_up.id}.")
    elif settled.rest:
        say(f"Not done yet: “rollcall sync run {slug} --only {','.join(settled.rest)}” does it.")


@sync.command("discard")
@click.argument("run_id", metavar="RUN", type=int)
@with_desk
def discard(desk: Desk, run_id: int) -> None:
    """Close what a run holds, or a preview showed: nothing of it is done, no cursor moves."""
    run_operations.discard_run(run_id, actor=desk.actor)
    if desk.as_json:
        print_json(get_run(run_id))
    else:
        say(f"What run {run_id} held is discarded. The next run plans anew.")


@sync.command("cancel")
@click.argument("run_id", metavar="RUN", type=int)
@with_desk
def cancel(desk: Desk, run_id: int) -> None:
    """Ask a run to end. What it committed stays; the next run goes on from there."""
    state = run_operations.cancel_run(run_id, actor=desk.actor, now=utc_now())
    if desk.as_json:
        print_json(get_run(run_id))
    elif state == "running":
        say(f"Run {run_id} is asked to end; it does within a second or two.")
    else:
        say(f"Run {run_id} is cancelled.")


@sync.command("pause")
@click.argument("slug")
@with_desk
def pause(desk: Desk, slug: str) -> None:
    """Let no sync of a tenant run until it is resumed."""
    _set_paused(desk, slug, paused=True)


@sync.command("resume")
@click.argument("slug")
@with_desk
def resume(desk: Desk, slug: str) -> None:
    """Let the syncs of a tenant run again."""
    _set_paused(desk, slug, paused=False)


def _set_paused(desk: Desk, slug: str, *, paused: bool) -> None:
    tenant = get_tenant(slug)
    get_integration(tenant.id)
    change = operations.pause if paused else operations.resume
    change(tenant.id, actor=desk.actor)
    if desk.as_json:
        print_json({"tenant": slug, "paused": paused})
    else:
        say(f"The sync of {slug} {'is paused' if paused else 'runs again'}.")


@sync.command("explain")
@click.argument("slug")
@click.argument("person", metavar="PERSON")
@with_desk
def explain(desk: Desk, slug: str, person: str) -> None:
    """Say of one person: read? in scope? matched? which number? what happens?"""
    tenant = get_tenant(slug)
    explanation = explain_person(tenant, get_integration(tenant.id), person)
    if desk.as_json:
        print_json(explanation)
    else:
        show_person(explanation)
