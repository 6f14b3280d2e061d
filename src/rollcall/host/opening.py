"""Open this machine for a command: its database, its tables, its log."""

import logging
import logging.handlers
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from django.db import connections
from psycopg.conninfo import conninfo_to_dict

from rollcall.environment import Environment
from rollcall.host.postgres import running_database
from rollcall.host.schema import ensure_schema
from rollcall.wiring.machine import Machine

LOG_BYTES = 10_000_000
LOG_FILES = 5


@contextmanager
def open_machine(environment: Environment) -> Iterator[Machine]:
    """Have a machine with a database while the block runs.

    Raises ConfigurationError and DatabaseServerError, each with a sentence.
    """
    with running_database(environment) as address:
        _log_to_file(environment)
        _connect_django(address.conninfo)
        try:
            ensure_schema()
            yield Machine(environment=environment, conninfo=address.conninfo)
        finally:
            connections.close_all()


def _connect_django(conninfo: str) -> None:
    parts = conninfo_to_dict(conninfo)
    settings = connections["default"].settings_dict
    settings["NAME"] = str(parts.pop("dbname", ""))
    settings["OPTIONS"] = parts


def _log_to_file(environment: Environment) -> None:
    """Log as JSON lines to a file of bounded size; commands' output is another matter."""
    directory = environment.home / "log"
    directory.mkdir(parents=True, exist_ok=True)
    handler = logging.handlers.RotatingFileHandler(
        directory / "rollcall.log", maxBytes=LOG_BYTES, backupCount=LOG_FILES, delay=True
    )
    handler.setFormatter(logging.Formatter("%(message)s"))
    logger = logging.getLogger("rollcall")
    for old in logger.handlers[:]:
        logger.removeHandler(old)
        old.close()
    logger.addHandler(handler)
    logger.setLevel(environment.log_level.upper())
    logger.propagate = False
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
