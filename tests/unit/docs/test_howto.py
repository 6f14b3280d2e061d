"""What the pages say can be typed, links lead somewhere, and nothing that is named is left out."""

import re
import tomllib
from pathlib import Path

import click
import pytest
from tools.write_reference import list_commands, load_meanings

from m365sim.cli import main as simulator
from rollcall.cli.program import cli
from rollcall.core.plan import RefusalReason
from rollcall.core.report import RunState
from rollcall.environment import CLOUD_SETTINGS, CLOUD_SWITCHES, SETTINGS
from rollcall.providers.m365.clouds import BUILT_IN
from rollcall.providers.m365.permissions import PERMISSIONS
from tests.unit.docs.pages import (
    HOWTO,
    anchors,
    block_commands,
    code_blocks,
    inline_commands,
    inline_options,
    links,
    read_page,
    written_pages,
)

LONGEST_PAGE = 80
ELLIPSIS = "…"

page = pytest.mark.parametrize("path", written_pages(), ids=lambda path: path.stem)


@page
def test_commands_in_blocks_can_be_typed(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    for arguments in block_commands(read_page(path)):
        parse_command(arguments)


@page
def test_commands_in_sentences_exist_with_their_options(path: Path) -> None:
    for arguments in inline_commands(read_page(path)):
        command, rest = find_command(arguments)
        known = {name for parameter in command.params for name in parameter.opts}
        assert {word for word in rest if word.startswith("--")} <= known | {"--version", "--help"}


@page
def test_options_in_sentences_exist(path: Path) -> None:
    assert isinstance(simulator, click.Group)
    commands = [*simulator.commands.values(), *(command for _, command in list_commands())]
    known = {name for command in commands for option in command.params for name in option.opts}

    assert inline_options(read_page(path)) <= known | {"--help"}


@page
def test_links_lead_to_a_page_and_a_heading_of_it(path: Path) -> None:
    for link in links(read_page(path)):
        target, _, anchor = link.partition("#")
        aim = path.parent / target if target else path
        assert aim.exists(), link
        assert not anchor or anchor in anchors(read_page(aim)), link


@page
def test_variables_of_the_machine_are_settings(path: Path) -> None:
    named = set(re.findall(r"\bROLLCALL_[A-Z_]+[A-Z]", read_page(path)))

    assert named <= {setting.variable for setting in SETTINGS} | {"ROLLCALL_SHARED"}


@page
def test_examples_of_the_settings_file_hold_settings(path: Path) -> None:
    names = {setting.name for setting in SETTINGS if setting.in_file}
    of_clouds = {each.name for each in (*CLOUD_SETTINGS, *CLOUD_SWITCHES)}

    for block in code_blocks(read_page(path), "toml"):
        table = tomllib.loads(block)
        clouds = table.pop("clouds", {})
        assert table.keys() <= names
        for cloud in clouds.values():
            assert cloud.keys() <= of_clouds


@pytest.mark.parametrize("path", sorted(HOWTO.rglob("*.md")), ids=lambda path: path.stem)
def test_a_page_can_be_read_at_one_sitting(path: Path) -> None:
    text = read_page(path)

    assert text.startswith("# ")
    assert len(text.splitlines()) <= LONGEST_PAGE


def test_a_report_can_be_read_with_its_page() -> None:
    text = read_page(HOWTO / "read-a-report.md")

    for word in (*RunState, *RefusalReason, *load_meanings().problems):
        assert f"`{word}`" in text, word


def test_the_page_of_clouds_names_the_hosts_of_all_of_them() -> None:
    text = read_page(HOWTO / "clouds.md")

    for cloud in BUILT_IN.values():
        assert f"| `{cloud.name}` |" in text
        for origin in (*cloud.origins, cloud.portal):
            assert origin.removeprefix("https://") in text


def test_the_page_of_permissions_names_all_of_them() -> None:
    text = read_page(HOWTO / "permissions.md")

    for permission in PERMISSIONS:
        assert f"`{permission.name}`" in text


def test_a_command_that_is_none_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = (
        "```\nrollcall sync run contoso --dry\nrollcall sync\nrollcall m365 set c --photos 1\n```"
    )

    commands = list(block_commands(text))

    assert len(commands) == 3
    for arguments in commands:
        with pytest.raises((click.ClickException, AssertionError)):
            parse_command(arguments)


def find_command(arguments: list[str]) -> tuple[click.Command, list[str]]:
    """Return the command that the first words name, and the words after it."""
    command: click.Command = cli
    rest = list(arguments)
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        assert rest[0] in command.commands, f"there is no command {' '.join(arguments)}"
        command = command.commands[rest.pop(0)]
    return command, rest


def parse_command(arguments: list[str]) -> None:
    """Parse a command as the program would; files that it names are made for it first."""
    command, rest = find_command(arguments)
    assert not isinstance(command, click.Group), f"{' '.join(arguments)} does nothing"
    assert ELLIPSIS not in rest, f"{' '.join(arguments)} is cut short"
    given, _, _ = command.make_parser(click.Context(command)).parse_args(list(rest))
    for parameter in command.params:
        if isinstance(parameter.type, click.Path) and isinstance(given.get(parameter.name), str):
            Path(given[parameter.name or ""]).touch()
    command.make_context(command.name, rest)
