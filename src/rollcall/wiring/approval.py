"""Carry out what a held run holds, or what a preview showed, on a person's word."""

from collections.abc import Mapping
from contextlib import AsyncExitStack

import msgspec

from rollcall.core.errors import OutdatedError, SetupError
from rollcall.core.policy import Stage, policy_digest
from rollcall.core.ports import Clock
from rollcall.core.records import SourceId
from rollcall.core.report import RunState
from rollcall.integrations.queries import check_not_paused, get_integration
from rollcall.integrations.run_operations import (
    RunRequest,
    WaitingPlan,
    get_waiting_plan,
    request_run,
    settle_run,
)
from rollcall.integrations.runs import RunSummary, RunView, get_run
from rollcall.store.claims import lock_integration, raise_fence
from rollcall.store.postgres import PostgresStore
from rollcall.store.session import Session
from rollcall.sync.context import SyncSettings
from rollcall.tenants.queries import check_active, get_tenant_by_id
from rollcall.wiring.machine import Machine, utc_now
from rollcall.wiring.settings import to_sync_settings
from rollcall.wiring.sync import run_async


class Settled(msgspec.Struct, frozen=True):
    """What became of a plan: applied or superseded. The photos and contacts that a preview only
    counted are the `rest`: they come with the run `follow_up`, or where no service is, with none.
    """

    state: RunState
    rest: tuple[Stage, ...] = ()
    follow_up: RunSummary | None = None


def approve_run(machine: Machine, run_id: int, *, actor: str, clock: Clock = utc_now) -> RunView:
    """Apply exactly what run `run_id` holds; if the PBX has changed since, say so and do nothing.

    Returns the run, applied or superseded. Raises SetupError if it holds nothing, or while a run
    of the tenant is going on.
    """
    settle_plan(machine, run_id, actor=actor, clock=clock)
    return get_run(run_id)


def settle_plan(
    machine: Machine, run_id: int, *, actor: str, served: bool = True, clock: Clock = utc_now
) -> Settled:
    """Do what `approve_run` does; return whether the run was applied, and what follows it.

    Nothing is asked for to follow where no service is there to carry it out (`served`).
    """
    waiting = get_waiting_plan(run_id)
    tenant, integration = (
        get_tenant_by_id(waiting.tenant_id),
        get_integration(waiting.tenant_id),
    )
    if waiting.preview:
        check_active(tenant)
        check_not_paused(integration)
    settings = to_sync_settings(tenant, integration)

    async def apply() -> None:
        async with AsyncExitStack() as stack:
            reader = await machine.connect(stack)
            if not await lock_integration(reader, waiting.integration_id):
                raise SetupError(
                    "A run of this tenant is going on: wait for its end, then decide.",
                    code="running",
                )
            scope = await raise_fence(
                reader,
                tenant_id=waiting.tenant_id,
                integration_id=waiting.integration_id,
                run_id=run_id,
            )
            store = PostgresStore(Session(reader, await machine.connect(stack), scope))
            policy = _policy(settings, await store.held_lines("people"))
            await store.apply_held(policy=policy, now=clock())

    state = RunState.APPLIED
    try:
        run_async(apply)
    except OutdatedError:
        state = RunState.SUPERSEDED
    settle_run(run_id, state=state, actor=actor, now=clock())
    if state is not RunState.APPLIED or not waiting.preview:
        return Settled(state)
    return _ask_for_rest(waiting, actor, served=served)


def _ask_for_rest(waiting: WaitingPlan, actor: str, *, served: bool) -> Settled:
    """After the people of a preview, ask for the photos and contacts that it only counted."""
    integration = get_integration(waiting.tenant_id)
    switched_on = [stage for stage in waiting.stages if stage in integration.switched_on]
    rest = tuple(stage for stage in switched_on if stage is not Stage.USERS)
    if not rest or not served:
        return Settled(RunState.APPLIED, rest)
    asked = RunRequest(trigger="manual", asked_by=actor, stages=rest)
    summary, _new = request_run(integration, asked)
    return Settled(RunState.APPLIED, rest, summary)


def _policy(settings: SyncSettings, lines: Mapping[str, SourceId]) -> bytes:
    """Return the digest of the settings of now, with the lines that the plan itself will bind."""
    unbound = settings.people.unbound
    found = [source_id for line, source_id in lines.items() if line in unbound]
    return policy_digest(settings.user_policy(settings.people.select(found)))
