"""Where the program logs: JSON lines, one event each, in a file of bounded size.

A part of the service has a file of its own, and where nobody sits at a terminal its lines go to
stderr, too, which is where systemd collects them. What commands print is another matter.
"""

import logging
import logging.handlers
import sys
import traceback
from collections.abc import Iterable, MutableMapping
from typing import Any

import structlog

from rollcall.environment import Environment

LOG_BYTES = 10_000_000
LOG_FILES = 5
MOST_FRAMES = 20
OTHERS = {
    "asyncio": logging.ERROR,
    "django": logging.WARNING,
    "_granian": logging.WARNING,
    "procrastinate": logging.WARNING,
    "psycopg": logging.ERROR,
}
"""Libraries whose complaints are ours to know, from which level on."""

Event = MutableMapping[str, Any]

_SHARED: tuple[Any, ...] = (
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)


def configure_logs(
    environment: Environment, *, name: str = "rollcall", service: bool = False
) -> None:
    """Log to `log/<name>.log` in the home, and to stderr where a service has no terminal."""
    directory = environment.home / "log"
    directory.mkdir(parents=True, exist_ok=True)
    handlers: list[logging.Handler] = [
        logging.handlers.RotatingFileHandler(
            directory / f"{name}.log", maxBytes=LOG_BYTES, backupCount=LOG_FILES, delay=True
        )
    ]
    if service and not sys.stderr.isatty():
        handlers.append(logging.StreamHandler())
    for handler in handlers:
        handler.setFormatter(_formatter(name))
    _attach(handlers, "rollcall", getattr(logging, environment.log_level.upper()))
    for library, level in OTHERS.items():
        _attach(handlers, library, level)
    logging.raiseExceptions = False  # a line that cannot be written, on a full disk, is lost
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def _formatter(name: str) -> logging.Formatter:
    def add_part(_logger: Any, _method: str, event: Event) -> Event:
        return {**event, "part": name}

    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*_SHARED, _shorten],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            add_part,
            _name_exception,
            structlog.processors.JSONRenderer(),
        ],
    )


def _shorten(_logger: Any, _method: str, event: Event) -> Event:
    """Keep the first line of what a library says; objects with all they hold may follow it."""
    return {**event, "event": str(event["event"]).strip().partition("\n")[0]}


def _name_exception(_logger: Any, _method: str, event: Event) -> Event:
    """Say which exception it was and where it came from, not its text: names may stand in it."""
    given = event.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given
    error = error[1] if isinstance(error, tuple) else error
    if not isinstance(error, BaseException):
        return event
    frames = traceback.extract_tb(error.__traceback__)
    where = [
        f"{frame.filename.rpartition('/src/')[2]}:{frame.lineno} {frame.name}" for frame in frames
    ]
    return {**event, "error": type(error).__name__, "at": where[-MOST_FRAMES:]}


def _attach(handlers: Iterable[logging.Handler], name: str, level: int) -> None:
    logger = logging.getLogger(name)
    for old in logger.handlers[:]:
        logger.removeHandler(old)
        old.close()
    for handler in handlers:
        logger.addHandler(handler)
    logger.setLevel(level)
    logger.propagate = False
