"""Open this machine for a command: its database, its tables, its log."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import InterfaceError, OperationalError, connections
from psycopg.conninfo import conninfo_to_dict

from rollcall.core.errors import TransientError
from rollcall.environment import Environment
from rollcall.host.disk import full_disk_error
from rollcall.host.logs import configure_logs
from rollcall.host.postgres import running_database
from rollcall.host.schema import ensure_schema
from rollcall.wiring.machine import Machine

DATABASE_GONE = "database-gone"


@contextmanager
def open_machine(
    environment: Environment, *, part: str = "rollcall", service: bool = False
) -> Iterator[Machine]:
    """Have a machine with a database while the block runs.

    `part` names its log; a part of the `service` may log to stderr, too. Raises
    ConfigurationError and DatabaseServerError, each with a sentence.
    """
    with open_as_it_is(environment, part=part, service=service) as machine:
        ensure_schema(named=environment.database_url is not None)
        yield machine


@contextmanager
def open_as_it_is(
    environment: Environment, *, part: str = "rollcall", service: bool = False
) -> Iterator[Machine]:
    """The same, of whatever version the tables are: for what looks after them."""
    with running_database(environment) as address:
        configure_logs(environment, name=part, service=service)
        connect_django(address.conninfo)
        try:
            yield Machine(environment=environment, conninfo=address.conninfo)
        except (OperationalError, InterfaceError, TransientError) as error:
            if getattr(error, "code", DATABASE_GONE) == DATABASE_GONE:
                _say_if_full(environment, error)
            raise
        finally:
            connections.close_all()


def _say_if_full(environment: Environment, error: Exception) -> None:
    full = full_disk_error(environment)
    if full is not None:
        raise full from error


def connect_django(conninfo: str) -> None:
    """Let Django use the database at this address."""
    parts = conninfo_to_dict(conninfo)
    settings = connections["default"].settings_dict
    settings["NAME"] = str(parts.pop("dbname", ""))
    settings["OPTIONS"] = parts
    settings["CONN_MAX_AGE"] = None  # a thread that goes on keeps its own, if it is well
    settings["CONN_HEALTH_CHECKS"] = True
