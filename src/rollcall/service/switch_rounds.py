"""What is done again and again beside a running switch: its memory follows the database.

Nobody notifies the switch: the database is the truth. What was told is kept here, so that only
differences are told; a Kamailio that was started anew is told all of it again.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import structlog
from django.db import DatabaseError, InterfaceError, connection

from rollcall.calling.lines import forget_lines
from rollcall.calling.registrations import list_stale
from rollcall.calling.switch_counts import save_counts
from rollcall.calling.switch_facts import facts_digest
from rollcall.calling.trunk_states import save_trunk_states, trunk_states
from rollcall.core.errors import SetupError, TransientError
from rollcall.core.ports import Clock
from rollcall.sip.carrier_dns import Hop
from rollcall.sip.carrier_names import CarrierNames
from rollcall.sip.carrier_turns import CarrierTurns
from rollcall.sip.rpc import Control, RpcRefusal
from rollcall.sip.trunks import (
    NOTHING,
    Command,
    TrunkFacts,
    build_memory,
    memory_commands,
    registration_name,
    told_memory,
)
from rollcall.wiring.machine import Machine
from rollcall.wiring.switch import read_facts

FACTS_EVERY = 2.0
STALE_EVERY = 5.0
LINES_EVERY = 60.0
STATES_EVERY = 10.0
NAMES_SECONDS = 2.0
MAY_BE_REFUSED = {"htable.delete", "uac.reg_remove"}
"""What is gone already need not be taken away."""

AWAY = {"OperationalError", "InterfaceError"}
"""How Django calls it when the database does not answer."""

MOST_IDS = 20
SHARE = 20
"""What took long is done more rarely: it shall take a twentieth of the time at most."""

COUNTS = {
    "registrations": ("usrloc:location_contacts",),
    "calls": ("dialog:active_dialogs",),
    "requests": ("core:rcv_requests",),
    "refused": (
        *("core:drop_requests", "registrar:rejected_regs"),
        *("sl:400_replies", "sl:403_replies", "sl:404_replies", "sl:483_replies"),
    ),
}
"""What /metrics tells, by Kamailio's names."""

_log = structlog.get_logger(__name__)


class SwitchRounds:
    """The chores, and when each of them is due."""

    def __init__(self, machine: Machine, control: Control, *, contact: str, clock: Clock) -> None:
        self._machine = machine
        self._control = control
        self._contact = contact
        self._clock = clock
        self._names = CarrierNames(machine.carrier_places(), machine.carrier_dns())
        self._turns = CarrierTurns()
        self._told = NOTHING
        self._digest = ""
        self._facts: tuple[TrunkFacts, ...] = ()
        self._hops: Mapping[int, tuple[Hop, ...]] = {}
        self._refused: frozenset[tuple[str, int]] = frozenset()
        self._trouble: dict[str, str] = {}
        self._facts_chore = _Chore("facts", self._tell_facts, FACTS_EVERY)
        self._chores = [
            self._facts_chore,
            _Chore("stale", self._forget_stale, STALE_EVERY),
            _Chore("states", self._note_states, STATES_EVERY),
            _Chore("counts", self._note_counts, STATES_EVERY),
            _Chore("lines", self._forget_lines, LINES_EVERY),
        ]

    def begin_anew(self) -> None:
        """Forget what was told: the switch has forgotten it."""
        self._told, self._digest, self._refused = NOTHING, "", frozenset()
        for chore in self._chores:
            chore.due_at = 0.0

    @property
    def database_is_away(self) -> bool:
        """Tell whether the database did not answer when it was asked last."""
        return bool(AWAY & set(self._trouble.values()))

    def look(self) -> None:
        """Do what is due, each thing by itself: one that fails stands in no other's way."""
        for chore in self._chores:
            if time.monotonic() >= chore.due_at:
                began = time.monotonic()
                self._try(chore)
                took = time.monotonic() - began
                chore.due_at = began + max(chore.every, took * SHARE)

    def _try(self, chore: "_Chore") -> None:
        try:
            count = chore.do(self._clock())
        except (DatabaseError, InterfaceError, TransientError, SetupError) as error:
            self._note(chore.name, type(error).__name__)
            connection.close()
        except Exception:  # noqa: BLE001 - a fault in a chore shall end nobody's call
            _log.exception("switch.broke", what=chore.name)
            connection.close()
        else:
            self._note(chore.name, "")
            if count:
                _log.info(f"switch.{chore.name}", count=count)

    def _tell_facts(self, _now: datetime) -> int:
        """Tell of tenants, trunks, ways of dialling, emergency numbers what has changed."""
        digest = facts_digest()
        if digest != self._digest:
            self._facts = read_facts(self._machine)
        hops = self._find_hops()
        if digest == self._digest and hops == self._hops and not self._refused:
            return 0
        wanted = build_memory(self._facts, hops=hops, contact=self._contact)
        commands = memory_commands(self._told, wanted)
        refused = self._ask_all(commands)
        self._control.ask("htable.sets", "told", "facts", "1")  # before that, calls wait
        self._told = told_memory(self._told, wanted, refused)
        self._hops, self._digest = hops, digest
        return len(commands) - len(refused)

    def _find_hops(self) -> dict[int, tuple[Hop, ...]]:
        """Return where the carriers are; after a start, names are waited for a little."""
        carriers = {fact.carrier for fact in self._facts if fact.kind}
        known = self._names.known(carriers)
        if known.keys() != carriers and self._told is NOTHING:
            self._names.wait(NAMES_SECONDS)
            known = self._names.known(carriers)
        return self._turns.hops(self._facts, known)

    def _ask_all(self, commands: Sequence[Command]) -> list[Command]:
        """Ask for all; return what was refused, which is asked for again at the next round."""
        refused: list[Command] = []
        words: Counter[str] = Counter()
        for command in commands:
            answer = self._control.ask(command.method, *command.values)
            if isinstance(answer, RpcRefusal) and command.method not in MAY_BE_REFUSED:
                refused.append(command)
                words[f"{command.method}: {answer.message}"] += 1
        self._note_refused(refused, words)
        return refused

    def _note_refused(self, refused: Sequence[Command], words: Mapping[str, int]) -> None:
        """Log what the switch does not take, once, by the ids of tenants."""
        tenants = {part: fact.tenant_id for fact in self._facts for part in names_of(fact)}
        found = frozenset(
            (each.method, tenants.get(part, 0))
            for each in refused
            for part in str(each.values[-2 if each.method == "htable.sets" else 0]).split("::")
        )
        if found != self._refused:
            for what, count in words.items():
                ids = sorted({tenant_id for _, tenant_id in found if tenant_id})
                _log.warning("switch.refused", what=what, count=count, tenants=ids[:MOST_IDS])
            if not found:
                _log.info("switch.taken_after_all")
        self._refused = found

    def _forget_stale(self, now: datetime) -> int:
        """Take registrations away whose credentials live no more."""
        answers = [
            self._control.ask(
                "ul.rm_contact", "location", f"{each.number}@{each.domain}", each.contact
            )
            for each in list_stale(now)
        ]
        return sum(not isinstance(answer, RpcRefusal) for answer in answers)

    def _note_states(self, now: datetime) -> int:
        """Write down how the trunks are. Where a server is silent, the next one has its turn."""
        readings = trunk_states(self._facts, hops=self._hops, ask=self._control.ask)
        save_trunk_states(readings, now=now)
        if self._turns.note(readings):
            self._facts_chore.due_at = 0.0
        return 0

    def _note_counts(self, now: datetime) -> int:
        """Write down how much the switch has in hand."""
        save_counts(read_counts(self._control), now=now)
        return 0

    def _forget_lines(self, now: datetime) -> int:
        return forget_lines(now=now)

    def _note(self, chore: str, trouble: str) -> None:
        """Log what is in the way, once."""
        if trouble and trouble != self._trouble.get(chore):
            _log.warning("switch.not_done", what=chore, error=trouble)
        elif not trouble and self._trouble.get(chore):
            _log.info("switch.done_again", what=chore)
        self._trouble[chore] = trouble


def names_of(fact: TrunkFacts) -> tuple[str, str]:
    """Return what a tenant is known by in the memory of the switch."""
    return fact.domain, registration_name(fact.tenant_id)


class _Chore:
    """Something done now and then; `do` returns how many things it touched."""

    def __init__(self, name: str, do: Callable[[datetime], int], every: float) -> None:
        self.name = name
        self.do = do
        self.every = every
        self.due_at = 0.0


def read_counts(control: Control) -> dict[str, int]:
    """Return what the switch counts, added up under names of ours."""
    lines = control.ask("stats.get_statistics", "all")
    if not isinstance(lines, list):
        return {}
    pairs = (str(line).partition(" = ")[::2] for line in lines)
    known = {name: int(value) for name, value in pairs if value.isdecimal()}
    return {name: sum(known.get(each, 0) for each in parts) for name, parts in COUNTS.items()}
