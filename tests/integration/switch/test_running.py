"""A switch that runs: as whom, what it brings back, how it follows the database. One for all."""

import os
import signal
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from structlog.testing import capture_logs

from rollcall.calling.models import SwitchCount
from rollcall.calling.trunk_operations import NewTrunk, save_trunk
from rollcall.credentials.secret import Secret
from rollcall.environment import ConfigurationError
from rollcall.health.facts import read_facts
from rollcall.host.files import is_root
from rollcall.host.switch_database import ROLE, SCHEMA, switch_variables
from rollcall.service import switch_crew
from rollcall.service.stopping import Stopping
from rollcall.service.switch import kamailio_started, rtpengine_answers, running_switch
from rollcall.sip.trunks import registration_name
from rollcall.telephony.operations import add_extension
from rollcall.tenants.queries import get_tenant
from tests.databases import point_django
from tests.integration.switch.conftest import Running, lives, new_tenant, workers_in
from tests.ports import free_sip_port

PRIVATE = 0o077
NUMBER = 2004
LOGINS = """
SELECT DISTINCT usename FROM pg_stat_activity
WHERE application_name = 'rollcall switch' AND datname = current_database()
"""
REACHED = """
SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'v', 'm', 'p', 'f') AND has_schema_privilege(n.oid, 'USAGE')
    AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
    AND (has_table_privilege(c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')
        OR has_any_column_privilege(c.oid, 'SELECT, INSERT, UPDATE'))
"""


@pytest.fixture
def running(steady: Running) -> Running:
    """The switch of this file, with Django at its database."""
    point_django(steady.machine.conninfo)
    return steady


def test_both_programs_answer_and_run_as_the_user_of_the_database(running: Running) -> None:
    switch = running.switch

    assert kamailio_started(switch.control)
    assert rtpengine_answers(switch.plan.ng_port)
    for pid in switch.crew.pids().values():
        assert Path(f"/proc/{pid}").stat().st_uid == switch.places.user.uid
    if is_root():
        assert switch.places.user.uid != 0


def test_what_is_written_is_for_the_user_of_the_switch_alone(running: Running) -> None:
    places = running.switch.places

    assert stat.S_IMODE(places.directory.stat().st_mode) & PRIVATE == 0
    for path in places.directory.iterdir():
        assert path.stat().st_uid == places.user.uid, path
        assert stat.S_IMODE(path.stat().st_mode) & PRIVATE == 0, path


def test_the_switch_has_a_login_of_its_own_that_sees_its_schema_alone(running: Running) -> None:
    conninfo = running.machine.conninfo
    with psycopg.connect(conninfo, autocommit=True) as owner:
        rows = owner.execute(LOGINS).fetchall()
    assert {row[0] for row in rows} == {ROLE}

    with psycopg.connect(conninfo, user=ROLE, autocommit=True) as switch:
        assert {row[0].partition(".")[0] for row in switch.execute(REACHED).fetchall()} == {SCHEMA}
        switch.execute("SET ROLE NONE")
        for statement in ("SET ROLE rollcall", "SELECT FROM public.telephony_extension"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                switch.execute(statement.encode())


def test_no_process_shows_where_the_database_is(running: Running) -> None:
    host = switch_variables(running.machine.environment, running.machine.conninfo)["PGHOST"]

    for pid in workers_in(running.switch.places.directory):
        assert host.encode() not in Path(f"/proc/{pid}/cmdline").read_bytes()


@pytest.mark.parametrize("program", ["kamailio", "rtpengine"])
def test_a_program_that_is_killed_is_back_within_seconds(running: Running, program: str) -> None:
    before = running.switch.crew.pids()[program]

    os.kill(before, signal.SIGKILL)
    running.await_that(lambda: running.switch.crew.pids().get(program, before) != before)

    switch = running.switch
    running.await_that(lambda: kamailio_started(switch.control))
    running.await_that(lambda: rtpengine_answers(switch.plan.ng_port))
    running.await_that(lambda: running.value("trunk", "contoso.example::plan") == "DE", seconds=10)


def test_a_killed_kamailio_leaves_no_process_behind(running: Running) -> None:
    switch = running.switch
    before = workers_in(switch.places.directory) - {switch.crew.pids()["rtpengine"]}
    assert len(before) > 5

    starts = switch.crew.starts["kamailio"]
    os.kill(switch.crew.pids()["kamailio"], signal.SIGKILL)
    running.await_that(lambda: switch.crew.starts["kamailio"] > starts)

    assert not any(lives(pid) for pid in before)
    running.await_that(lambda: kamailio_started(switch.control))


def test_a_kamailio_that_hangs_is_ended_and_started_again(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(switch_crew, "HANG_SECONDS", 0.5)
    monkeypatch.setattr(switch_crew, "ASK_EVERY", 0.2)
    monkeypatch.setattr(running.switch.control, "_timeout", 0.5)
    crew = running.switch.crew
    running.await_that(lambda: all(member.answered for member in crew._members))
    before = workers_in(running.switch.places.directory) - {crew.pids()["rtpengine"]}

    os.killpg(crew.pids()["kamailio"], signal.SIGSTOP)
    running.await_that(lambda: not before & workers_in(running.switch.places.directory))

    running.await_that(lambda: kamailio_started(running.switch.control))
    running.await_that(lambda: running.value("trunk", "contoso.example::plan") == "DE")


def test_what_the_switch_refused_is_told_again_at_the_next_round(running: Running) -> None:
    tenant = get_tenant("contoso")
    name = registration_name(tenant.id)
    account = (name, name, "a.example", "other", "a.example", "", "other", "b", ".")
    taken = (*account, "sip:127.0.0.9", 60, 0, 0, "", "127.0.0.1:5060")
    assert not hasattr(running.switch.control.ask("uac.reg_add", *taken), "code")
    assert registered_at_carrier(running, name) == "other"
    trunk = NewTrunk(
        kind="registration",
        host="192.0.2.9",
        port=free_sip_port(),
        username="account9",
        password=Secret(b"a password"),
    )
    ring = running.machine.key_ring()
    save_trunk(tenant.id, trunk, ring=ring, actor="test", now=datetime.now(UTC))

    with capture_logs() as logs:
        running.await_that(lambda: registered_at_carrier(running, name) == "account9")

    (refused,) = [each for each in logs if each["event"] == "switch.refused"]
    assert refused["tenants"] == [tenant.id]
    assert "a password" not in str(logs)
    assert "contoso" not in str(logs)


def registered_at_carrier(running: Running, name: str) -> str:
    """Return the user name with which a trunk registers."""
    found = running.switch.control.ask("uac.reg_info", "l_uuid", name)
    return str(found["auth_username"]) if isinstance(found, dict) else ""


def test_two_switches_of_one_home_are_one_too_many(running: Running) -> None:
    with (
        pytest.raises(ConfigurationError, match="runs already"),
        running_switch(running.machine, Stopping()),
    ):
        pass


def test_a_new_tenant_is_known_to_the_switch_within_seconds(running: Running) -> None:
    new_tenant("fabrikam", country="AT")

    running.await_that(lambda: running.value("trunk", "fabrikam.example::plan") == "AT", seconds=6)
    running.await_that(lambda: running.value("plan", "AT::code") == "43", seconds=6)


def register(running: Running, number: int, contact: str) -> None:
    """Write a registration into Kamailio's memory."""
    answer = running.switch.control.ask(
        "ul.add", "location", f"{number}@contoso.example", contact, 600, 1, "", 0, 0, 0
    )
    assert not hasattr(answer, "code"), answer


def registered(running: Running, number: int) -> bool:
    """Tell whether Kamailio knows a phone of this number."""
    answer = running.switch.control.ask("ul.lookup", "location", f"{number}@contoso.example")
    return isinstance(answer, dict)


def test_a_phone_of_somebody_who_is_there_stays_and_a_strangers_goes(running: Running) -> None:
    tenant = get_tenant("contoso")
    add_extension(tenant.id, number=NUMBER, fields={"display_name": "Kim"})
    register(running, NUMBER, "sip:a@127.0.0.1:5070")
    register(running, NUMBER + 1, "sip:b@127.0.0.1:5071")
    assert registered(running, NUMBER)

    running.await_that(lambda: not registered(running, NUMBER + 1), seconds=15)

    assert registered(running, NUMBER)


def test_what_the_switch_has_in_hand_is_told_to_prometheus(running: Running) -> None:
    running.await_that(lambda: bool(SwitchCount.objects.all_tenants().exists()))

    facts = read_facts(running.machine.conninfo)

    assert {each.name for each in facts.switch} == {"registrations", "calls", "requests", "refused"}
    SwitchCount.objects.all_tenants().update(seen_at=datetime.now(UTC) - timedelta(minutes=2))
    assert read_facts(running.machine.conninfo).switch == ()


def test_while_the_database_is_away_the_switch_goes_on_and_catches_up(running: Running) -> None:
    database = conninfo_to_dict(running.machine.conninfo)["dbname"]
    before = running.switch.crew.pids()
    with psycopg.connect(running.machine.conninfo, dbname="postgres", autocommit=True) as owner:
        owner.execute(f'ALTER DATABASE "{database}" ALLOW_CONNECTIONS false'.encode())
        owner.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [database]
        )
        running.await_that(lambda: running.switch._rounds._trouble.get("facts", "") != "")
        assert running.switch.crew.pids() == before
        assert running.value("trunk", "contoso.example::plan") == "DE"
        owner.execute(f'ALTER DATABASE "{database}" ALLOW_CONNECTIONS true'.encode())

    new_tenant("tailspin")

    running.await_that(lambda: running.value("trunk", "tailspin.example::plan") == "DE", seconds=10)
    assert running.switch.crew.pids() == before
