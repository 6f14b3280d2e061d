"""Uses the database of a home until its input ends. usage: user_process.py HOME SHELTER [UID]"""

import os
import sys
from pathlib import Path

import psycopg

from rollcall.environment import ConfigurationError, read_environment
from rollcall.host.errors import DatabaseServerError
from rollcall.host.postgres import running_database


def main(home: str, shelter: str, uid: str = "") -> None:
    if uid:
        become(int(uid))
    try:
        environment = read_environment(environ={"ROLLCALL_HOME": home}, cwd=Path("/"))
        with running_database(environment, shelter=Path(shelter)) as address:
            try:
                say("ready")
                sys.stdin.read()
            except KeyboardInterrupt:
                with psycopg.connect(address.conninfo) as connection:
                    connection.execute("select 1")
                say("interrupted, and the database is still there")
    except (ConfigurationError, DatabaseServerError) as error:
        say(str(error))


def become(uid: int) -> None:
    """Change the user here: another one may be shut out of the interpreter's directory."""
    os.setgroups([])
    os.setgid(uid)
    os.setuid(uid)


def say(sentence: str) -> None:
    """In one write: a Ctrl-C that comes right after it finds nothing half said."""
    os.write(sys.stdout.fileno(), f"{sentence}\n".encode())


if __name__ == "__main__":
    main(*sys.argv[1:])
