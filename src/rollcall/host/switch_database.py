"""How the switch reaches the database: by the environment of its process, never by a file."""

import os
from collections.abc import Mapping

import psycopg
from psycopg import pq
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from rollcall.environment import ConfigurationError, Environment

ROLE = "rollcall_switch"
SCHEMA = "sip"
NO_WAIT = "-c synchronous_commit=off"
"""Where phones are is not worth waiting for the disk: they say it again. Records of calls wait, by
sip.keep_call. Twice as many registrations a second."""

KEPT = ("PATH", "PGPASSFILE")


def switch_environ(environment: Environment, conninfo: str) -> dict[str, str]:
    """Return the whole environment of Kamailio's processes: it writes times as its clock shows.

    Raises ConfigurationError when switch_database_url cannot be read.
    """
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    variables = switch_variables(environment, conninfo)
    return {**kept, "LC_ALL": "C.UTF-8", "TZ": "UTC", **variables}


def switch_variables(environment: Environment, conninfo: str) -> Mapping[str, str]:
    """Return libpq's variables for the switch, by its own login wherever it has one.

    The embedded server lets it in under its own name. At a server that was named it is let in as
    switch_database_url says; without that it is the owner who acts as the role, which protects
    from mistakes and not from whoever sends SQL of their own.
    """
    if environment.switch_database_url is not None:
        return _variables(_checked(environment.switch_database_url.value), act="")
    if environment.database_url is None:
        return _variables(make_conninfo(conninfo, user=ROLE), act="")
    return _variables(conninfo, act=f"-c role={ROLE}")


def _variables(conninfo: str, *, act: str) -> Mapping[str, str]:
    """Return the variables of an address. What has none, such as keepalives, goes without."""
    given = {name: str(value) for name, value in conninfo_to_dict(conninfo).items()}
    options = [given.pop("options", ""), act, f"-c search_path={SCHEMA}", NO_WAIT]
    variables = {
        option.envvar.decode(): given[option.keyword.decode()]
        for option in pq.Conninfo.get_defaults()
        if option.envvar and option.keyword.decode() in given
    }
    said = " ".join(option for option in options if option)
    return {**variables, "PGOPTIONS": said, "PGAPPNAME": "rollcall switch"}


def _checked(url: str) -> str:
    try:
        conninfo_to_dict(url)
    except psycopg.Error:
        # libpq's own words repeat parts of the URL, a password among them.
        raise ConfigurationError(
            "switch_database_url (ROLLCALL_SWITCH_DATABASE_URL): this is not an address that "
            "PostgreSQL's client understands, such as "
            "postgresql://rollcall_switch@db.example.com/rollcall."
        ) from None
    return url
