"""Carry out what a held run holds, on a person's word."""

from contextlib import AsyncExitStack

from rollcall.core.errors import OutdatedError, SetupError
from rollcall.core.policy import policy_digest
from rollcall.core.ports import Clock
from rollcall.core.report import RunState
from rollcall.integrations.queries import get_integration
from rollcall.integrations.run_operations import held_scope, settle_run
from rollcall.integrations.runs import RunView, get_run
from rollcall.store.claims import lock_integration, raise_fence
from rollcall.store.postgres import PostgresStore
from rollcall.store.session import Session
from rollcall.tenants.queries import get_tenant_by_id
from rollcall.wiring.machine import Machine, utc_now
from rollcall.wiring.settings import to_sync_settings
from rollcall.wiring.sync import run_async


def approve_run(machine: Machine, run_id: int, *, actor: str, clock: Clock = utc_now) -> RunView:
    """Apply exactly what run `run_id` holds; if the PBX has changed since, say so and do nothing.

    Returns the run, applied or superseded. Raises SetupError if it holds nothing, or while a run
    of the tenant is going on.
    """
    tenant_id, integration_id = held_scope(run_id)
    settings = to_sync_settings(get_tenant_by_id(tenant_id), get_integration(tenant_id))
    digest = policy_digest(settings.user_policy(settings.people.select()))

    async def apply() -> None:
        async with AsyncExitStack() as stack:
            reader = await machine.connect(stack)
            if not await lock_integration(reader, integration_id):
                raise SetupError(
                    "A run of this tenant is going on: wait for its end, then decide.",
                    code="running",
                )
            scope = await raise_fence(
                reader, tenant_id=tenant_id, integration_id=integration_id, run_id=run_id
            )
            session = Session(reader, await machine.connect(stack), scope)
            await PostgresStore(session).apply_held(policy=digest, now=clock())

    state = RunState.APPLIED
    try:
        run_async(apply)
    except OutdatedError:
        state = RunState.SUPERSEDED
    settle_run(run_id, state=state, actor=actor)
    return get_run(run_id)
