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
from typing import Any, Union, get_args, get_origin, get_type_hints

import click
import django
import msgspec

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "rollcall"
REFERENCE = ROOT / "docs" / "reference"
ERROR_PAGES = ROOT / "docs" / "howto" / "errors"
CODES = "## Codes that lead here"
WRITTEN = "This page is written from the code by `make docs`.\n"

OBJECTS = {
    "tenant": "rollcall.cli.tenants:TenantJson",
    "integration": "rollcall.cli.integration_view:IntegrationJson",
    "list": "rollcall.cli.integration_view:ListJson",
    "key pair": "rollcall.cli.integration_view:KeyPairJson",
    "finding": "rollcall.core.findings:Finding",
    "run": "rollcall.integrations.runs:RunView",
    "counts": "rollcall.core.report:Counts",
    "refusal": "rollcall.integrations.runs:RefusalView",
    "change": "rollcall.integrations.runs:ChangeView",
    "problem": "rollcall.core.report:Problem",
    "error": "rollcall.core.report:Failure",
    "explanation": "rollcall.wiring.explain:Explanation",
    "steps": "rollcall.core.explanation:Steps",
    "extension": "rollcall.telephony.queries:ExtensionView",
    "contact": "rollcall.phonebook.queries:ContactView",
    "phone": "rollcall.phonebook.queries:PhoneView",
    "settings file": "rollcall.wiring.transfer:SettingsFile",
    "settings of a tenant": "rollcall.wiring.transfer:TenantPart",
    "settings of an integration": "rollcall.wiring.transfer:IntegrationPart",
    "list of a settings file": "rollcall.wiring.transfer:ListPart",
}
"""The JSON objects in the order of the page, and the structs that they are."""

PLAIN_TYPES = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "true or false",
    datetime: "time",
}

ABOUT = "_about"


class Meanings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """docs/reference/meanings.toml: what names mean, by the page and table they stand in."""

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
    """Write every page that is not as it should be."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rollcall.config.settings")
    django.setup()
    for path, text in render_pages().items():
        path.write_text(text, encoding="utf-8")


def render_pages() -> dict[Path, str]:
    """Return every page that is written from the code, as it should be. Django must be set up."""
    pages = {
        "commands.md": _commands(),
        "entra-errors.md": _microsoft_codes(),
        "graph-permissions.md": _permissions(),
        "json.md": _json(),
        "refusals-and-problems.md": _outcomes(),
        "settings.md": _settings(),
    }
    reference = {REFERENCE / name: text for name, text in pages.items()}
    return {**reference, **{path: _with_codes(path) for path in sorted(ERROR_PAGES.glob("*.md"))}}


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


# settings


def _settings() -> str:
    from rollcall.environment import CLOUD_SETTINGS, CLOUD_SWITCHES, SETTINGS
    from rollcall.providers.m365.clouds import BUILT_IN

    machine = [
        (
            f"`{each.name}`" if each.in_file else "–",
            f"`{each.variable}`",
            _code(each.default),
            each.help,
        )
        for each in SETTINGS
    ]
    clouds = [(f"`{each.name}`", _code(each.default), each.help) for each in CLOUD_SETTINGS]
    clouds += [
        (f"`{each.name}`", _code(str(each.default).lower()), each.help) for each in CLOUD_SWITCHES
    ]
    built_in = [
        (
            f"`{each.name}`",
            each.login,
            each.graph,
            each.portal,
            "yes" if each.contact_delta else "no",
        )
        for each in BUILT_IN.values()
    ]
    return (
        f"# Settings of a machine{WRITTEN}"
        "They stand in `rollcall.toml` in the home, or in variables, which win. An empty variable "
        "counts as not set. A relative\npath starts from the home. A name that is not in the table "
        "stops the start.\n\n"
        + _table(("in rollcall.toml", "variable", "default", "what it is"), machine)
        + "\n## A cloud of your own\n\nA table `[clouds.NAME]` in `rollcall.toml`; the name is made "
        "of upper-case letters, digits, `-` and `_`.\n`login` and `graph` must be given.\n\n"
        + _table(("key", "default", "what it is"), clouds)
        + "\n## Built-in clouds\n\n"
        + _table(("name", "login", "graph", "portal", "contacts read incrementally"), built_in)
    )


# commands


def _commands() -> str:
    leaves = dict(list_commands())
    meanings = load_meanings().options
    silent = [
        f"{name} {option.opts[0]}"
        for name, command in leaves.items()
        for option in _options(command)
        if not option.help
    ]
    check_names("options", silent, meanings)
    parts = [_command(name, command, meanings) for name, command in leaves.items()]
    return (
        f"# Commands{WRITTEN}"
        "Every command takes `--json` and then prints JSON ([json.md](json.md)); `--help` says what "
        "it takes.\nExit codes: 0 done, 1 failed, 2 wrong use, 3 held by a guard. What is wrong is "
        "said on stderr.\n\n" + "\n".join(parts)
    )


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
            f"`{option.opts[0]}`",
            "" if option.is_flag else _code(option.make_metavar(context).strip("[]")),
            _explain_option(option, meanings.get(f"{name} {option.opts[0]}", "")),
        )
        for option in _options(command)
    ]
    table = "\n" + _table(("option", "value", "what it does"), rows) if rows else ""
    return f"## {name}\n\n    {usage}\n\n{command.help}\n{table}"


def _options(command: click.Command) -> list[click.Option]:
    return [
        each for each in command.params if isinstance(each, click.Option) and each.name != "as_json"
    ]


def _explain_option(option: click.Option, meaning: str) -> str:
    required = " Must be given." if option.required else ""
    default = f" Default: {option.default}." if option.show_default else ""
    return f"{option.help or meaning}{default}{required}"


# JSON


def _json() -> str:
    meanings = load_meanings()
    check_names("objects", OBJECTS, meanings.objects)
    parts = [_object(name, meanings.objects[name]) for name in OBJECTS]
    answers = [
        f"### {command}\n\n"
        + _table(
            ("key", "type", "meaning"),
            [(f"`{key}`", *explained) for key, explained in keys.items()],
        )
        for command, keys in meanings.answers.items()
    ]
    return (
        f"# JSON{WRITTEN}"
        "What commands print with `--json`. Keys are fixed; those with nothing to say are null. A "
        "time is RFC 3339 in UTC. A number\nof an extension is a string. Lists are arrays of the "
        "objects below.\n\n" + "\n".join(parts) + "\n## Small answers\n\n" + "\n".join(answers)
    )


def _object(name: str, explained: Mapping[str, str]) -> str:
    hints = get_type_hints(resolve_name(OBJECTS[name]))
    check_names(f"object “{name}”", [ABOUT, *hints], explained)
    rows = [(f"`{key}`", _json_type(hint), explained[key]) for key, hint in hints.items()]
    return f"## {name}\n\n{explained[ABOUT]}\n\n" + _table(("key", "type", "meaning"), rows)


def _json_type(hint: Any) -> str:
    origin, inner = get_origin(hint), get_args(hint)
    if hint in PLAIN_TYPES:
        return PLAIN_TYPES[hint]
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


# permissions and Microsoft's codes


def _permissions() -> str:
    from rollcall.providers.m365.permissions import PERMISSIONS

    rows = [
        (
            f"`{each.name}`",
            ", ".join(sorted(each.stages)) or "none yet",
            "optional" if each.optional else "needed",
            each.purpose,
            f"`{each.role_id}`",
        )
        for each in PERMISSIONS
    ]
    return (
        f"# Permissions of Microsoft Graph{WRITTEN}"
        "All are of the type *Application* and need admin consent. Rollcall only reads. What to "
        "grant for which switch, and how\nto grant less, is in "
        "[permissions.md](../howto/permissions.md).\n\n"
        + _table(("permission", "stages", "", "what for", "id in a manifest"), rows)
    )


def _microsoft_codes() -> str:
    from rollcall.providers.m365 import faults

    numbered = [(f"AADSTS{number}", fault) for number, fault in sorted(faults.ENTRA.items())]
    named = sorted(faults.ENTRA_ERRORS.items())
    mailboxes = [
        (f"`{code}`", f"`{fault.status}`", fault.sentence)
        for code, fault in sorted(faults.MAILBOXES.items())
    ]
    headers = ("Microsoft's code", "Rollcall's code", "what it means", "who mends it", "page")
    return (
        f"# Microsoft's error codes{WRITTEN}"
        "*Nobody* mends what passes by itself: Rollcall tries again. *Rollcall* means a fault of "
        "ours: please report it.\n\n## Entra, by number\n\n"
        + _table(headers, [_fault_row(code, fault) for code, fault in numbered])
        + "\n## Entra, by name\n\nFor numbers that are not in the table above.\n\n"
        + _table(headers, [_fault_row(f"`{code}`", fault) for code, fault in named])
        + "\n## Graph\n\n"
        + _table(headers, [_fault_row(code, fault) for code, fault in graph_faults()])
        + "\n## Graph, about one mailbox\n\nWhatever the case of its letters, and any other 404 "
        "(`no-mailbox`) or 403 (`not-permitted`).\n\n"
        + _table(("Graph's code", "problem", "what it means"), mailboxes)
    )


def graph_faults() -> tuple[tuple[str, Any], ...]:
    """Return Graph's refusals of the whole directory, by status and code, with their faults."""
    from rollcall.providers.m365 import faults

    return (
        ("401 `InvalidAuthenticationToken`", faults.TOKEN_REFUSED),
        ("403 `Authorization_IdentityNotFound`", faults.IDENTITY_UNKNOWN),
        ("403 `Authorization_RequestDenied`", faults.DIRECTORY_DENIED),
    )


def _fault_row(code: str, fault: Any) -> tuple[str, ...]:
    who = {"ADMINISTRATOR": "an administrator", "NOBODY": "nobody", "US": "Rollcall"}
    return (code, f"`{fault.code}`", _sentence(fault), who[fault.remedy.name], _link(fault.page))


def _sentence(fault: Any) -> str:
    return str(fault.sentence.format(permission="…"))


def _with_codes(path: Path) -> str:
    """Return an error page with its table of codes, which ends it, as it should be."""
    from rollcall.providers.m365 import faults

    page = f"errors/{path.name}"
    everything = (
        *((f"AADSTS{number}", fault) for number, fault in sorted(faults.ENTRA.items())),
        *((f"`{code}`", fault) for code, fault in sorted(faults.ENTRA_ERRORS.items())),
        *graph_faults(),
    )
    rows = [
        (code, f"`{fault.code}`", _sentence(fault))
        for code, fault in everything
        if fault.page == page
    ]
    text, heading, _ = path.read_text(encoding="utf-8").partition(CODES)
    if not heading:
        raise MeaningError(f"{page} has no heading “{CODES.strip('# \n')}”.")
    return f"{text}{CODES}\n" + _table(
        ("Microsoft's code", "Rollcall's code", "what it means"), rows
    )


# what a run says


def _outcomes() -> str:
    from rollcall.cli.sync import EXIT_CODES
    from rollcall.core.plan import RefusalReason
    from rollcall.core.report import RunState

    meanings = load_meanings()
    check_names("states", list(RunState), meanings.states)
    check_names("actions", list(_actions()), meanings.actions)
    check_names("refusals", list(RefusalReason), meanings.refusals)
    states = [
        (f"`{state}`", str(EXIT_CODES.get(state, 0)), meaning)
        for state, meaning in meanings.states.items()
    ]
    refusals = [(f"`{reason}`", *explained) for reason, explained in meanings.refusals.items()]
    return (
        f"# Refusals and problems{WRITTEN}"
        "How to read them together: [read-a-report.md](../howto/read-a-report.md).\n\n"
        "## States of a run\n\n"
        + _table(("state", "exit code of `sync run`", "meaning"), states)
        + "\n## Counts\n\n"
        + _counts(meanings.counts)
        + "\n## What happens to a person\n\n"
        + _table(("action", "meaning"), _code_rows(meanings.actions))
        + "\n## Why it happens\n\n"
        + _table(("reason", "meaning"), _code_rows(meanings.reasons))
        + "\n## Refusals\n\n"
        + _table(("reason", "why the person stays out", "what lets them in"), refusals)
        + "\n## Problems\n\nWhat did not stop the run.\n\n"
        + _table(("code", "meaning"), _code_rows(meanings.problems))
        + "\n## Errors\n\nWhat ended a run, or its stage: the `code` of `error`.\n\n"
        + _table(("code", "meaning", "page"), _error_rows(meanings))
    )


def _actions() -> Iterator[str]:
    from rollcall.core import plan

    for kind in get_args(plan.AnyChange):
        yield str(kind.__struct_config__.tag)


def _counts(meanings: Mapping[str, Mapping[str, str]]) -> str:
    from rollcall.core.policy import Stage
    from rollcall.core.report import Counts

    check_names("stages with counts", list(Stage), meanings)
    for stage, explained in meanings.items():
        check_names(f"counts of {stage}", Counts.__struct_fields__, explained)
    rows = [
        (f"`{name}`", *(explained[name] for explained in meanings.values()))
        for name in Counts.__struct_fields__
    ]
    return _table(("count", *meanings), rows)


def _error_rows(meanings: Meanings) -> Iterator[tuple[str, ...]]:
    pages = error_codes()
    check_names("errors", pages, [*meanings.errors, *meanings.not_of_runs])
    for code, meaning in meanings.errors.items():
        yield f"`{code}`", meaning, ", ".join(_link(page) for page in sorted(pages[code]))


def error_codes() -> dict[str, set[str]]:
    """Return every code of an error of ours with the help pages that go with it."""
    from rollcall.providers.m365 import auth, faults

    codes: dict[str, set[str]] = {}
    kinds = [*faults.ENTRA.values(), *faults.ENTRA_ERRORS.values(), auth._UNKNOWN]  # noqa: SLF001 - the fault of last resort
    for fault in (*kinds, *(fault for _, fault in graph_faults())):
        codes.setdefault(fault.code, set()).update({fault.page} - {""})
    for path in sorted(SOURCE.rglob("*.py")):
        for code, page in _codes_of(ast.parse(path.read_text(encoding="utf-8"))):
            codes.setdefault(code, set()).update({page} - {""})
    return codes


def _codes_of(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield the codes that a module's calls and classes name as text, with their help pages."""
    texts = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            given = {each.arg: each.value for each in node.keywords if each.arg}
            code, page = given.get("code"), given.get("help_page")
            if isinstance(page, ast.Name):
                page = texts.get(page.id)
            if code is not None and _text(code):
                yield _text(code), _text(page)
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "default_code":
            yield _text(node.value), ""


def _text(node: ast.expr | None) -> str:
    return str(node.value) if isinstance(node, ast.Constant) and node.value else ""


# Markdown


def _table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [headers, ["---"] * len(headers), *rows]
    return "".join(f"| {' | '.join(map(_cell, line))} |\n" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _code(text: str | None) -> str:
    return f"`{text}`" if text else "–"


def _code_rows(explained: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(f"`{name}`", meaning) for name, meaning in explained.items()]


def _link(page: str) -> str:
    return f"[{page}](../howto/{page})" if page else ""


if __name__ == "__main__":
    main()
