"""Write docs/reference, and the tables of codes on the error pages, from the code (`make docs`).

Names, types, defaults and sentences are the code's own. What it does not say, what a key or a code
means to an administrator, stands in docs/reference/meanings.toml. A name without a meaning and a
meaning without a name are both refused, so a page is complete or it is not written.
"""

import ast
import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import Enum
from functools import cache
from pathlib import Path
from pkgutil import resolve_name
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import click
import django
import msgspec
from tools.json_objects import OBJECTS

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "rollcall"
REFERENCE = ROOT / "docs" / "reference"
ERROR_PAGES = ROOT / "docs" / "howto" / "errors"
CODES_HEADING = "## Codes that lead here"
WRITTEN = "This page is written from the code by `make docs`."

ABOUT = "_about"
"""The key under which meanings.toml says what an object is, and which commands print it."""

PLAIN_TYPES = {str: "string", int: "integer", float: "number", datetime: "time"}
PLAIN_TYPES[bool] = "true or false"

MENDERS = {"ADMINISTRATOR": "an administrator", "NOBODY": "nobody", "US": "Rollcall"}


class Meanings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """docs/reference/meanings.toml: introductions, and what names mean, table by table."""

    pages: dict[str, str]
    objects: dict[str, dict[str, str]]
    answers: dict[str, dict[str, tuple[str, str]]]
    options: dict[str, str]
    states: dict[str, str]
    counts: dict[str, dict[str, str]]
    actions: dict[str, str]
    reasons: dict[str, str]
    refusals: dict[str, tuple[str, str]]
    problems: dict[str, str]
    errors: dict[str, str]
    not_of_runs: list[str]


class MeaningError(Exception):
    """The code and meanings.toml do not name the same things; the text names the difference."""


def main() -> None:
    """Write every page anew."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rollcall.config.settings")
    django.setup()
    for path, text in render_pages().items():
        path.write_text(text, encoding="utf-8")


def render_pages() -> dict[Path, str]:
    """Return every page that is written from the code, as it should be. Django must be set up."""
    meanings = load_meanings()
    reference = {
        "commands.md": _commands(meanings),
        "entra-errors.md": _microsoft_codes(meanings),
        "graph-permissions.md": _permissions(meanings),
        "json.md": _json(meanings),
        "metrics.md": _metrics(meanings),
        "openapi.json": resolve_name("rollcall.api.urls:written_description")(),
        "refusals-and-problems.md": _outcomes(meanings),
        "settings.md": _settings(meanings),
    }
    codes = {path: _with_codes(path) for path in sorted(ERROR_PAGES.glob("*.md"))}
    return {REFERENCE / name: text for name, text in reference.items()} | codes


@cache
def load_meanings() -> Meanings:
    """Return what names mean."""
    return msgspec.toml.decode((REFERENCE / "meanings.toml").read_bytes(), type=Meanings)


def check_names(what: str, named: Collection[str], explained: Collection[str]) -> None:
    """Raise MeaningError unless exactly the names of the code are explained."""
    lacking = [name for name in named if name not in explained]
    surplus = [name for name in explained if name not in named]
    if lacking:
        raise MeaningError(f"{what}: meanings.toml does not explain {', '.join(lacking)}.")
    if surplus:
        raise MeaningError(f"{what}: the code has no {', '.join(surplus)}; see meanings.toml.")


def _settings(meanings: Meanings) -> str:
    from rollcall.environment import CLOUD_SETTINGS, CLOUD_SWITCHES, SETTINGS
    from rollcall.providers.m365.clouds import BUILT_IN

    machine = [
        (
            _code(each.name if each.in_file else None),
            _code(each.variable),
            _code(each.default),
            each.help,
        )
        for each in SETTINGS
    ]
    clouds = [(_code(each.name), _code(each.default), each.help) for each in CLOUD_SETTINGS]
    clouds += [
        (_code(each.name), _code(str(each.default).lower()), each.help) for each in CLOUD_SWITCHES
    ]
    built_in = [
        (_code(each.name), each.login, each.graph, each.portal, _yes(each.contact_delta))
        for each in BUILT_IN.values()
    ]
    return _page(
        "# Settings of a machine",
        meanings.pages["settings"],
        _table(("in rollcall.toml", "variable", "default", "what it is"), machine),
        "## A cloud of your own",
        meanings.pages["clouds"],
        _table(("key", "default", "what it is"), clouds),
        "## Built-in clouds",
        _table(("name", "login", "graph", "portal", "contacts read incrementally"), built_in),
    )


def _commands(meanings: Meanings) -> str:
    commands = dict(list_commands())
    silent = [
        f"{name} {option.opts[0]}"
        for name, command in commands.items()
        for option in _options(command)
        if not option.help
    ]
    check_names("options", silent, meanings.options)
    blocks = [_command(name, each, meanings.options) for name, each in commands.items()]
    return _page("# Commands", meanings.pages["commands"], *blocks)


def list_commands() -> Iterator[tuple[str, click.Command]]:
    """Yield every command that does something, by its whole name."""
    from rollcall.cli.program import cli

    yield from _leaves("rollcall", cli)


def _leaves(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    if not isinstance(command, click.Group):
        yield name, command
        return
    for word, each in command.commands.items():
        yield from _leaves(f"{name} {word}", each)


def _command(name: str, command: click.Command, meanings: Mapping[str, str]) -> str:
    context = click.Context(command, info_name=name)
    usage = " ".join([name, *command.collect_usage_pieces(context)])
    rows = [
        (
            _code(option.opts[0]),
            "" if option.is_flag else _code(option.make_metavar(context).strip("[]")),
            _explain_option(option, meanings.get(f"{name} {option.opts[0]}", "")),
        )
        for option in _options(command)
    ]
    table = [_table(("option", "value", "what it does"), rows)] if rows else []
    return _join(f"## {name}", f"    {usage}", command.help or "", *table)


def _options(command: click.Command) -> list[click.Option]:
    return [
        each
        for each in command.params
        if isinstance(each, click.Option) and each.name != "as_json" and not each.hidden
    ]


def _explain_option(option: click.Option, meaning: str) -> str:
    required = " Must be given." if option.required else ""
    default = f" Default: {option.default}." if option.show_default else ""
    return f"{option.help or meaning}{default}{required}"


def _json(meanings: Meanings) -> str:
    check_names("objects", OBJECTS, meanings.objects)
    objects = [_object(name, meanings.objects[name]) for name in OBJECTS]
    answers = [
        _join(
            f"### {command}",
            _table(
                ("key", "type", "meaning"),
                [(_code(key), *explained) for key, explained in keys.items()],
            ),
        )
        for command, keys in meanings.answers.items()
    ]
    return _page("# JSON", meanings.pages["json"], *objects, "## Small answers", *answers)


def _object(name: str, explained: Mapping[str, str]) -> str:
    hints = get_type_hints(resolve_name(OBJECTS[name]))
    check_names(f"object “{name}”", [ABOUT, *hints], explained)
    rows = [(_code(key), _json_type(hint), explained[key]) for key, hint in hints.items()]
    return _join(f"## {name}", explained[ABOUT], _table(("key", "type", "meaning"), rows))


def _json_type(hint: Any) -> str:
    origin, inner = get_origin(hint), get_args(hint)
    if hint in PLAIN_TYPES:
        return PLAIN_TYPES[hint]
    if origin is Literal:
        return "string"
    if origin in {Union, UnionType}:
        (some,) = (each for each in inner if each is not NoneType)
        return f"{_json_type(some)}, or null"
    if origin in {tuple, list}:
        return f"array of {_json_type(inner[0])}"
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return "object"
    if issubclass(hint, Enum):
        return "string"
    name = next(name for name, place in OBJECTS.items() if resolve_name(place) is hint)
    return f"[{name}](#{name.replace(' ', '-')})"


def _metrics(meanings: Meanings) -> str:
    from rollcall.health.catalogue import METRICS

    rows = [
        (_code(each.name), each.kind, ", ".join(map(_code, each.labels)), each.help)
        for each in METRICS
    ]
    return _page(
        "# Metrics",
        meanings.pages["metrics"],
        _table(("metric", "type", "labels", "what it says"), rows),
    )


def _permissions(meanings: Meanings) -> str:
    from rollcall.core.policy import Stage
    from rollcall.providers.m365.permissions import PERMISSIONS

    rows = [
        (
            _code(each.name),
            ", ".join(stage for stage in Stage if stage in each.stages) or "none yet",
            "optional" if each.optional else "needed",
            each.purpose,
            _code(each.role_id),
        )
        for each in PERMISSIONS
    ]
    return _page(
        "# Permissions of Microsoft Graph",
        meanings.pages["permissions"],
        _table(("permission", "stages", "need", "what for", "id in a manifest"), rows),
    )


def _microsoft_codes(meanings: Meanings) -> str:
    from rollcall.providers.m365 import faults

    headers = ("Microsoft's code", "Rollcall's code", "what it means", "who mends it", "page")
    mailboxes = [
        (_code(code), _code(fault.status), fault.sentence)
        for code, fault in sorted(faults.MAILBOXES.items())
    ]
    return _page(
        "# Microsoft's error codes",
        meanings.pages["microsoft"],
        "## Entra, by number",
        _table(headers, (_fault_row(code, fault) for code, fault in _entra_numbers())),
        "## Entra, by name",
        meanings.pages["entra-by-name"],
        _table(headers, (_fault_row(code, fault) for code, fault in _entra_names())),
        "## Graph",
        _table(headers, (_fault_row(code, fault) for code, fault in _graph_codes())),
        "## Graph, about one mailbox",
        meanings.pages["graph-mailbox"],
        _table(("Graph's code", "problem", "what it means"), mailboxes),
    )


def _entra_numbers() -> list[tuple[str, Any]]:
    from rollcall.providers.m365 import faults

    return [(f"AADSTS{number}", fault) for number, fault in sorted(faults.ENTRA.items())]


def _entra_names() -> list[tuple[str, Any]]:
    from rollcall.providers.m365 import faults

    return [(_code(name), fault) for name, fault in sorted(faults.ENTRA_ERRORS.items())]


def _graph_codes() -> list[tuple[str, Any]]:
    from rollcall.providers.m365 import faults

    return [
        ("401 `InvalidAuthenticationToken`", faults.TOKEN_REFUSED),
        ("403 `Authorization_IdentityNotFound`", faults.IDENTITY_UNKNOWN),
        ("403 `Authorization_RequestDenied`", faults.DIRECTORY_DENIED),
    ]


def _fault_row(code: str, fault: Any) -> tuple[str, ...]:
    return (*_code_row(code, fault), MENDERS[fault.remedy.name], _link(fault.page))


def _code_row(code: str, fault: Any) -> tuple[str, str, str]:
    return (code, _code(fault.code), fault.sentence.format(permission="…"))


def _with_codes(path: Path) -> str:
    """Return an error page as it should be: as it is, but for the table of codes that ends it."""
    page = f"errors/{path.name}"
    text, heading, _ = path.read_text(encoding="utf-8").partition(CODES_HEADING)
    if not heading:
        raise MeaningError(f"{page} has no heading “{CODES_HEADING}”.")
    rows = [
        _code_row(code, fault)
        for code, fault in (*_entra_numbers(), *_entra_names(), *_graph_codes())
        if fault.page == page
    ]
    headers = ("Microsoft's code", "Rollcall's code", "what it means")
    return _join(text, heading, _table(headers, rows)) + "\n"


def _outcomes(meanings: Meanings) -> str:
    from rollcall.cli.sync import EXIT_CODES
    from rollcall.core.plan import AnyChange, RefusalReason
    from rollcall.core.report import RunState

    actions = [str(kind.__struct_config__.tag) for kind in get_args(AnyChange)]
    check_names("states", list(RunState), meanings.states)
    check_names("actions", actions, meanings.actions)
    check_names("refusals", list(RefusalReason), meanings.refusals)
    states = [
        (_code(state), str(EXIT_CODES.get(state, 0)), meaning)
        for state, meaning in meanings.states.items()
    ]
    refusals = [(_code(reason), *explained) for reason, explained in meanings.refusals.items()]
    return _page(
        "# Refusals and problems",
        meanings.pages["outcomes"],
        "## States of a run",
        _table(("state", "exit code of sync run", "meaning"), states),
        "## Counts",
        _counts(meanings.counts),
        "## What happens to a person",
        _table(("action", "meaning"), _meaning_rows(meanings.actions)),
        "## Why it happens",
        _table(("reason", "meaning"), _meaning_rows(meanings.reasons)),
        "## Refusals",
        _table(("reason", "why the person stays out", "what lets them in"), refusals),
        "## Problems",
        meanings.pages["problems"],
        _table(("code", "meaning"), _meaning_rows(meanings.problems)),
        "## Errors",
        meanings.pages["errors"],
        _table(("code", "meaning", "page"), _error_rows(meanings)),
    )


def _counts(meanings: Mapping[str, Mapping[str, str]]) -> str:
    from rollcall.core.policy import Stage
    from rollcall.core.report import Counts

    check_names("stages with counts", list(Stage), meanings)
    for stage, explained in meanings.items():
        check_names(f"counts of {stage}", Counts.__struct_fields__, explained)
    rows = [
        (_code(name), *(explained[name] for explained in meanings.values()))
        for name in Counts.__struct_fields__
    ]
    return _table(("count", *meanings), rows)


def _error_rows(meanings: Meanings) -> Iterator[tuple[str, ...]]:
    pages = list_errors()
    check_names("errors", pages, [*meanings.errors, *meanings.not_of_runs])
    for code, meaning in meanings.errors.items():
        yield _code(code), meaning, ", ".join(_link(page) for page in sorted(pages[code]))


def list_errors() -> dict[str, set[str]]:
    """Return every code of an error, with the help pages that the code names beside it."""
    from rollcall.providers.m365 import auth

    faults = [fault for _, fault in (*_entra_numbers(), *_entra_names(), *_graph_codes())]
    faults.append(auth._UNKNOWN)  # noqa: SLF001 - what is said when no table has the code
    named = [(fault.code, fault.page) for fault in faults]
    for path in sorted(SOURCE.rglob("*.py")):
        named += _errors_of(ast.parse(path.read_text(encoding="utf-8")))
    codes: dict[str, set[str]] = {}
    for code, page in named:
        if code:
            codes.setdefault(code, set()).update({page} - {""})
    return codes


def _errors_of(module: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield the codes that calls and classes of a module spell out, each with its help page."""
    constants = {
        ast.unparse(node.targets[0]): node.value
        for node in ast.walk(module)
        if isinstance(node, ast.Assign)
    }
    for node in ast.walk(module):
        if isinstance(node, ast.Call):
            given = {each.arg: each.value for each in node.keywords}
            page = given.get("help_page")
            if isinstance(page, ast.Name):
                page = constants.get(page.id)
            yield _text(given.get("code")), _text(page)
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "default_code":
            yield _text(node.value), ""


def _text(node: ast.expr | None) -> str:
    return str(node.value) if isinstance(node, ast.Constant) and node.value else ""


def _page(title: str, *blocks: str) -> str:
    return _join(title, WRITTEN, *blocks) + "\n"


def _join(*blocks: str) -> str:
    return "\n\n".join(block.strip("\n") for block in blocks)


def _table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = (headers, ["---"] * len(headers), *rows)
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _code(text: str | None) -> str:
    return f"`{text}`" if text else "–"


def _yes(flag: bool) -> str:  # noqa: FBT001 - it is the value that is shown
    return "yes" if flag else "no"


def _meaning_rows(explained: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(_code(name), meaning) for name, meaning in explained.items()]


def _link(page: str) -> str:
    return f"[{page}](../howto/{page})" if page else ""


if __name__ == "__main__":
    main()
