"""Where the database of a home lies, whose it is, and how it is made the first time.

The cluster's directory holds `data`, `log` and `run`, which belong to the user that PostgreSQL
runs as, and `files`, which Rollcall writes. It is in the home unless that user cannot get there.
"""

import hashlib
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from rollcall.host.binaries import BUILTIN_LOCALE_MAJOR, Binaries
from rollcall.host.configuration import OWNER_ROLE
from rollcall.host.errors import DatabaseServerError, server_failure
from rollcall.host.files import flush_directory, is_root, make_directory, write_file
from rollcall.host.service_user import (
    ServiceUser,
    can_write,
    make_private_directory,
    run_as,
    user_by_id,
)

SHELTER = Path("/var/lib/rollcall")
INITDB_SECONDS = 300.0
_DRAFT = "draft-"


class Placement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`database.json` in the home: where the cluster is, from the home on."""

    directory: str


@dataclass(frozen=True, slots=True)
class Cluster:
    """The files of one database server, and the user that it runs as."""

    home: Path
    directory: Path
    user: ServiceUser

    @property
    def data(self) -> Path:
        """PostgreSQL's own directory."""
        return self.directory / "data"

    @property
    def log(self) -> Path:
        """A file for each day of the week, and what the last start said."""
        return self.directory / "log"

    @property
    def files(self) -> Path:
        """The configuration that Rollcall writes."""
        return self.directory / "files"

    @property
    def major(self) -> int:
        """The major version of PostgreSQL that made the data."""
        return int((self.data / "PG_VERSION").read_text(encoding="utf-8"))


def short_hash(home: Path) -> str:
    """A name for a home, where the home itself is too long or too far."""
    return hashlib.sha256(os.fsencode(home)).hexdigest()[:10]


def find_cluster(home: Path) -> Cluster | None:
    """The cluster that was made for this home; None when there is none yet.

    One in the shelter is this home's only by the note: without it, the home was emptied.
    """
    remembered = _remembered(home)
    directory = remembered or _place_inside(home)
    if (directory / "data").is_dir():
        return Cluster(home, directory, user_by_id((directory / "data").stat().st_uid))
    if remembered:
        raise DatabaseServerError(
            f"The database of {home} is missing: it should be in {remembered}. "
            f"Bring it back; or, to begin with an empty one, delete {_note(home)}."
        )
    return None


def make_cluster(home: Path, user: ServiceUser, binaries: Binaries, *, shelter: Path) -> Cluster:
    """A new cluster in the first place that the user can really write to."""
    for directory in _places(home, shelter):
        draft = _make_draft(directory, user)
        if draft is not None:
            cluster = Cluster(home, directory, user)
            _initialise(draft, cluster, binaries)
            return cluster
    raise DatabaseServerError(
        f"The user {user.name}, who runs PostgreSQL, can write neither in {home} nor in {shelter}. "
        "Set ROLLCALL_HOME to a directory whose parents everybody may pass."
    )


def remember_cluster(cluster: Cluster) -> None:
    """Note where the cluster is, so that it is found when permissions have changed."""
    inside = cluster.directory.is_relative_to(cluster.home)
    place = cluster.directory.relative_to(cluster.home) if inside else cluster.directory
    note = msgspec.json.encode(Placement(str(place))).decode() + "\n"
    if not _note(cluster.home).exists():
        write_file(_note(cluster.home), note)


def clear_drafts(directory: Path) -> None:
    """Remove what first starts that were killed have left."""
    for draft in directory.glob(f"{_DRAFT}*"):
        shutil.rmtree(draft, ignore_errors=True)  # an initdb that outlived its caller writes on


def check_version(cluster: Cluster, binaries: Binaries) -> None:
    """Refuse data of another major version, which PostgreSQL cannot read."""
    if cluster.major != binaries.major:
        raise DatabaseServerError(
            f"The database in {cluster.data} is of PostgreSQL {cluster.major}, and the programs "
            f"in {binaries.directory} are of {binaries.major}. With programs of PostgreSQL "
            f"{cluster.major} (ROLLCALL_POSTGRES_BIN names them) run “rollcall backup FILE”; then "
            f"move {cluster.directory} and {_note(cluster.home)} away, and without them run "
            "“rollcall restore FILE”."
        )


def _note(home: Path) -> Path:
    return home / "database.json"


def _remembered(home: Path) -> Path | None:
    try:
        note = msgspec.json.decode(_note(home).read_bytes(), type=Placement)
    except FileNotFoundError:
        return None
    except msgspec.DecodeError as error:
        raise DatabaseServerError(
            f"{_note(home)} does not say where the database is: {error}. "
            'Write {"directory": "…"} with the directory that holds its data directory.'
        ) from error
    return home / note.directory


def _place_inside(home: Path) -> Path:
    return home / "database"


def _places(home: Path, shelter: Path) -> Iterator[Path]:
    yield _place_inside(home)
    if is_root():
        yield shelter / f"{short_hash(home)}-{secrets.token_hex(3)}"


def _make_draft(directory: Path, user: ServiceUser) -> Path | None:
    """An empty directory of the user's, unless the user cannot write there."""
    make_directory(directory.parent, mode=0o755)
    make_directory(directory, mode=0o711 if is_root() else 0o700)
    clear_drafts(directory)
    draft = Path(tempfile.mkdtemp(dir=directory, prefix=_DRAFT))
    make_private_directory(draft, user)
    if can_write(user, draft):
        return draft
    draft.rmdir()
    with suppress(OSError):
        directory.rmdir()
    return None


def _initialise(draft: Path, cluster: Cluster, binaries: Binaries) -> None:
    builtin = binaries.major >= BUILTIN_LOCALE_MAJOR
    options = [
        *(["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if builtin else []),
        "--locale=C.UTF-8",
        "--encoding=UTF8",
        "--data-checksums",
        "--auth-local=peer",
        "--auth-host=reject",
        f"--username={OWNER_ROLE}",
        "--no-instructions",
    ]
    made = run_as(cluster.user, [binaries.initdb, *options, "-D", draft], seconds=INITDB_SECONDS)
    if made.returncode != 0:
        shutil.rmtree(draft, ignore_errors=True)
        raise server_failure(
            f"A new database could not be made in {cluster.directory}.",
            made.stderr.splitlines()[-10:],
        )
    draft.rename(cluster.data)
    flush_directory(cluster.directory)
