"""How the switch is told of the database: by the variables of libpq, and as whom."""

from pathlib import Path

import pytest

from rollcall.environment import ConfigurationError, Environment, read_environment
from rollcall.host.switch_database import switch_environ, switch_variables

OWNER = (
    "postgresql://u:p%20w@db.example.com:5433/pbx?sslmode=verify-full&sslrootcert=/ca.pem"
    "&connect_timeout=7&keepalives_idle=10&options=-c%20tcp_user_timeout%3D9"
)


def environment(home: Path, **values: str) -> Environment:
    """Return what is read from variables of these names."""
    return read_environment(environ={"ROLLCALL_HOME": str(home), **values}, cwd=home)


def test_at_a_named_server_the_owner_acts_as_the_role_of_the_switch(tmp_path: Path) -> None:
    named = environment(tmp_path, ROLLCALL_DATABASE_URL=OWNER)
    variables = dict(switch_variables(named, OWNER))
    options = variables.pop("PGOPTIONS")

    assert variables == {
        "PGUSER": "u",
        "PGPASSWORD": "p w",
        "PGHOST": "db.example.com",
        "PGPORT": "5433",
        "PGDATABASE": "pbx",
        "PGSSLMODE": "verify-full",
        "PGSSLROOTCERT": "/ca.pem",
        "PGCONNECT_TIMEOUT": "7",
        "PGAPPNAME": "rollcall switch",
    }
    assert options.startswith("-c tcp_user_timeout=9 -c role=rollcall_switch -c search_path=sip")


def test_at_a_named_server_the_switch_may_have_a_login_of_its_own(tmp_path: Path) -> None:
    own = "postgresql://rollcall_switch:other@db.example.com:5433/pbx"
    named = environment(tmp_path, ROLLCALL_DATABASE_URL=OWNER, ROLLCALL_SWITCH_DATABASE_URL=own)
    variables = switch_variables(named, OWNER)

    assert (variables["PGUSER"], variables["PGPASSWORD"]) == ("rollcall_switch", "other")
    assert variables["PGOPTIONS"].startswith("-c search_path=sip")
    assert "p w" not in str(variables)


def test_the_embedded_server_knows_the_switch_by_its_own_name(tmp_path: Path) -> None:
    found = switch_variables(environment(tmp_path), "host=/run/pg user=rollcall dbname=rollcall")

    assert found["PGUSER"] == "rollcall_switch"
    assert "role=" not in found["PGOPTIONS"]


def test_an_address_that_libpq_cannot_read_is_refused_unsaid(tmp_path: Path) -> None:
    broken = "postgresql://u:s3cret@db/x?nosuch=1"
    named = environment(tmp_path, ROLLCALL_SWITCH_DATABASE_URL=broken)

    with pytest.raises(ConfigurationError, match="switch_database_url") as raised:
        switch_variables(named, OWNER)
    assert "s3cret" not in str(raised.value)


def test_kamailio_is_told_that_its_clock_shows_utc_and_nothing_of_ours(tmp_path: Path) -> None:
    environ = switch_environ(environment(tmp_path), "host=/run/pg dbname=rollcall")

    assert environ["TZ"] == "UTC"
    assert not [name for name in environ if name.startswith("ROLLCALL_")]
