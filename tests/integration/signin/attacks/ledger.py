"""What the database says happened: audit lines, sessions, accounts. And what was logged."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import structlog

from rollcall.environment import Environment
from rollcall.host.logs import OTHERS, configure_logs

LOG: str = "attacks"


@dataclass(frozen=True)
class Line:
    """One line of the audit log."""

    tenant_id: int | None
    actor: str
    action: str
    subject: str
    detail: dict[str, Any]

    @property
    def text(self) -> str:
        """All of it."""
        return " ".join((self.actor, self.action, self.subject, json.dumps(self.detail)))

    @property
    def reasons(self) -> set[str]:
        """Why a sign-in was refused, in the words of the log."""
        return {str(self.detail.get(name)) for name in ("reason", "check") if self.detail.get(name)}


@dataclass
class Since:
    """What happened since a moment."""

    database: psycopg.Connection
    audit_id: int = 0
    sessions: set[str] = field(default_factory=set)
    accounts: set[int] = field(default_factory=set)

    @classmethod
    def now(cls, database: psycopg.Connection) -> "Since":
        """Begin to watch."""
        since = cls(database)
        since.audit_id = int(since._one("SELECT coalesce(max(id), 0) FROM audit_auditentry"))
        since.sessions = since.all_sessions()
        since.accounts = since.all_accounts()
        return since

    def lines(self, prefix: str = "") -> list[Line]:
        """Return the audit lines of actions that begin so."""
        rows = self._rows(
            "SELECT tenant_id, actor, action, subject, detail FROM audit_auditentry "
            "WHERE id > %s AND starts_with(action, %s) ORDER BY id",
            [self.audit_id, prefix],
        )
        return [Line(*row) for row in rows]

    def all_sessions(self) -> set[str]:
        """Return the digests of all sessions."""
        return {str(row[0]) for row in self._rows("SELECT digest FROM accounts_session")}

    def all_accounts(self) -> set[int]:
        """Return the ids of all accounts."""
        return {int(row[0]) for row in self._rows("SELECT id FROM accounts_account")}

    @property
    def new_sessions(self) -> set[str]:
        """Return the digests of the sessions that began."""
        return self.all_sessions() - self.sessions

    @property
    def new_accounts(self) -> set[int]:
        """Return the accounts that were made."""
        return self.all_accounts() - self.accounts

    def _one(self, query: str) -> Any:
        return self._rows(query)[0][0]

    def _rows(self, query: str, values: list[Any] | None = None) -> list[tuple[Any, ...]]:
        return self.database.execute(query, values).fetchall()


@contextmanager
def logging_to(environment: Environment, home: Path) -> Iterator[Path]:
    """Log as the service does, all of it, to a file of this block's own."""
    import msgspec

    told = msgspec.structs.replace(environment, home=home, log_level="debug")
    configure_logs(told, name=LOG)
    try:
        yield home / "log" / f"{LOG}.log"
    finally:
        structlog.reset_defaults()
        for name in ("rollcall", *OTHERS):
            logger = logging.getLogger(name)
            for handler in logger.handlers[:]:
                logger.removeHandler(handler)
                handler.close()
            logger.propagate = True
            logger.setLevel(logging.NOTSET)
