"""Whether the embedded database's disk is full: the server then ends, and can tell nobody why."""

import shutil

from rollcall.environment import Environment
from rollcall.host.cluster import find_cluster
from rollcall.host.errors import DatabaseServerError

LEAST_BYTES = 17_000_000
"""PostgreSQL keeps its journal (WAL) in files of 16 MiB; without room for the next one it ends."""


def full_disk_error(environment: Environment) -> DatabaseServerError | None:
    """Return what to say when the disk of the embedded database is full; None while it is not."""
    cluster = None if environment.database_url else find_cluster(environment.home)
    if cluster is None or shutil.disk_usage(cluster.data).free > LEAST_BYTES:
        return None
    return DatabaseServerError(
        f"The disk is full: the database in {cluster.data} cannot write. What was committed "
        "stays; make room there, and try again."
    )
