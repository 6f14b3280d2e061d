"""docs/reference is what the code says, whole."""

import ast
import re

import pytest
from tools.write_reference import (
    MeaningError,
    check_names,
    list_commands,
    load_meanings,
    render_pages,
)

from rollcall.core.admission import EntryRefusal
from rollcall.core.plan import LeaveReason
from rollcall.core.policy import Stage
from rollcall.environment import CLOUD_SETTINGS, CLOUD_SWITCHES, SETTINGS
from rollcall.providers.m365.faults import ENTRA, ENTRA_ERRORS, MAILBOXES
from rollcall.providers.m365.permissions import PERMISSIONS
from tests.unit.docs.pages import DOCS, SOURCE, read_page, string_constants

REFERENCE = DOCS / "reference"


def test_the_pages_in_the_repository_are_what_the_code_says_now() -> None:
    stale = [
        path.name
        for path, text in render_pages().items()
        if not path.exists() or read_page(path) != text
    ]

    assert stale == [], "run “make docs”"


def test_every_setting_is_on_the_page_of_settings() -> None:
    page = read_page(REFERENCE / "settings.md")

    for setting in SETTINGS:
        assert f"`{setting.variable}`" in page
    for part in (*CLOUD_SETTINGS, *CLOUD_SWITCHES):
        assert f"| `{part.name}` |" in page


def test_every_command_has_a_section_with_all_its_options() -> None:
    page = read_page(REFERENCE / "commands.md")
    sections = dict(section.split("\n", maxsplit=1) for section in page.split("\n## ")[1:])

    commands = dict(list_commands())

    assert list(sections) == list(commands)
    for name, command in commands.items():
        for parameter in command.params:
            shown = parameter.name != "as_json" and not getattr(parameter, "hidden", False)
            if shown and parameter.opts[0].startswith("--"):
                assert f"| `{parameter.opts[0]}` |" in sections[name]


def test_every_code_of_microsofts_is_on_its_page() -> None:
    page = read_page(REFERENCE / "entra-errors.md")

    for number in ENTRA:
        assert f"| AADSTS{number} |" in page
    for name in (*ENTRA_ERRORS, *MAILBOXES):
        assert f"| `{name}` |" in page


def test_every_permission_is_on_its_page() -> None:
    page = read_page(REFERENCE / "graph-permissions.md")

    for permission in PERMISSIONS:
        assert f"| `{permission.name}` |" in page
        assert permission.role_id in page


def test_a_name_without_a_meaning_is_refused() -> None:
    with pytest.raises(MeaningError, match="does not explain banana"):
        check_names("fruit", ["apple", "banana"], {"apple": "An apple."})


def test_a_meaning_without_a_name_is_refused() -> None:
    with pytest.raises(MeaningError, match="the code has no banana"):
        check_names("fruit", ["apple"], {"apple": "An apple.", "banana": "A banana."})


def test_every_reason_to_leave_is_explained() -> None:
    assert set(LeaveReason) <= set(load_meanings().reasons)


def test_every_word_that_a_run_reports_is_explained() -> None:
    """Codes and reasons have hyphens: whatever looks like one in the engine is on the page."""
    meanings = load_meanings()
    explained = {
        *meanings.problems,
        *meanings.errors,
        *meanings.refusals,
        *meanings.reasons,
        *meanings.not_of_runs,
        *Stage,
        *EntryRefusal,  # of a sign-in, not of a run
        "display-name",
    }
    paths = [
        *(SOURCE / "core").glob("*.py"),
        *(SOURCE / "sync").glob("*.py"),
        *(SOURCE / "providers" / "m365" / f"{name}.py" for name in ("contacts", "photos", "books")),
    ]

    words = {
        text
        for path in paths
        for text in string_constants(path)
        if re.fullmatch(r"[a-z]+(-[a-z]+)+", text)
    }

    assert len(words) > len(meanings.refusals)
    assert words - explained == set()


def test_every_small_answer_is_explained() -> None:
    """A dictionary that a command prints by itself has its keys on the page of JSON."""
    printed = {
        frozenset(ast.literal_eval(key) for key in node.args[0].keys if key is not None)
        for path in (SOURCE / "cli").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) == "print_json"
        and isinstance(node.args[0], ast.Dict)
    }

    explained = {frozenset(keys) for keys in load_meanings().answers.values()}

    assert printed
    assert printed <= explained
