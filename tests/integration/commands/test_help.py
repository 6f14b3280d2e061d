"""Every command explains itself, and every command has --json."""

from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from rollcall.cli.program import cli


def _commands(
    command: click.Command, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        for name, below in sorted(command.commands.items()):
            yield from _commands(below, (*path, name))


ALL = list(_commands(cli))
SERVICE = {"up", "web", "worker", "scheduler", "switch"}
"""They run until they are told to stop, and have nothing to print as JSON."""

ANSWERING = [
    (path, each)
    for path, each in ALL
    if not isinstance(each, click.Group) and path[0] not in SERVICE
]


@pytest.mark.parametrize(("path", "command"), ALL, ids=[" ".join(path) for path, _ in ALL])
def test_every_command_explains_itself(path: tuple[str, ...], command: click.Command) -> None:
    result = CliRunner().invoke(cli, [*path, "--help"], prog_name="rollcall")

    assert result.exit_code == 0
    assert " ".join(("rollcall", *path)) in result.output
    assert command.help
    assert command.help.splitlines()[0] in " ".join(result.output.split())


@pytest.mark.parametrize(
    ("path", "command"),
    ANSWERING,
    ids=[" ".join(path) for path, _ in ANSWERING],
)
def test_every_command_prints_json_when_asked(
    path: tuple[str, ...], command: click.Command
) -> None:
    names = {name for parameter in command.params for name in parameter.opts}

    assert "--json" in names, path


def test_every_documented_verb_is_there() -> None:
    paths = {" ".join(path) for path, _ in ALL}

    assert paths >= {
        *("tenant add", "tenant list", "tenant show", "tenant set", "tenant suspend"),
        *("tenant delete", "m365 set", "m365 show", "m365 key new", "m365 key list"),
        *("m365 key retire", "m365 check", "sync run", "sync runs", "sync report"),
        *("sync approve", "sync discard", "sync cancel", "sync pause", "sync resume"),
        *("sync explain", "extensions list", "extensions add", "extensions edit"),
        *("extensions delete", "extensions link", "extensions separate", "extensions import"),
        *("contacts list", "export", "import", "doctor"),
        *("devices list", "devices add", "devices renew", "devices rename", "devices remove"),
        *("trunk show", "trunk set", "trunk remove", "trunk numbers", "trunk assign"),
        *("trunk emergency", "calls list"),
    }
