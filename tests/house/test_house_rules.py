"""The house rules that a machine can count (CONTRIBUTING.md)."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = sorted(path for path in (ROOT / "src").rglob("*.py") if "migrations" not in path.parts)
EVERYTHING = [
    path
    for folder in ("src", "tests", "tools")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if "migrations" not in path.parts
]

MODULE_LINES = 500
FUNCTION_LINES = 60
TYPE_IGNORES = 15
NAMELESS = {"utils", "util", "helpers", "helper", "common", "base", "manager", "misc"}

ALL_TENANTS = {
    "src/rollcall/access/operations.py": "a token may be the system's",
    "src/rollcall/access/queries.py": "a token may be the system's, which is no tenant's",
    "src/rollcall/accounts/break_glass.py": "a password is its account's, which names the tenant",
    "src/rollcall/accounts/arrivals.py": "who comes by a link is found before there is a tenant",
    "src/rollcall/accounts/attempts.py": "who tries is not known",
    "src/rollcall/accounts/entry.py": "who signs in is found before there is a tenant",
    "src/rollcall/accounts/factor_operations.py": "an account may be the provider's",
    "src/rollcall/accounts/holders.py": "the scheduler looks over who is signed in, of all tenants",
    "src/rollcall/accounts/links.py": "a link is found before there is a tenant",
    "src/rollcall/accounts/microsoft.py": "a session is its account's; states are nobody's",
    "src/rollcall/accounts/operations.py": "an account may be the provider's, which is no tenant's",
    "src/rollcall/accounts/queries.py": "the provider's own accounts",
    "src/rollcall/accounts/reset_operations.py": "a session is its account's, of one tenant",
    "src/rollcall/accounts/sessions.py": "who asks is found before there is a tenant",
    "src/rollcall/audit/queries.py": "an entry may concern the whole system",
    "src/rollcall/audit/operations.py": "an entry may concern the whole system",
    "src/rollcall/calling/calls.py": "what is old is old for all",
    "src/rollcall/calling/lines.py": "what expired did so for all",
    "src/rollcall/calling/switch_counts.py": "a switch is all tenants'",
    "src/rollcall/fleet/operations.py": "processes are no tenant's",
    "src/rollcall/fleet/queries.py": "processes are no tenant's",
    "src/rollcall/fleet/retention.py": "processes are no tenant's",
    "src/rollcall/integrations/queue.py": "the queue is all tenants'",
    "src/rollcall/integrations/recovery.py": "whoever's worker died",
    "src/rollcall/integrations/restored_operations.py": "nobody works on a restored database",
    "src/rollcall/integrations/retention_operations.py": "what is old is old for all",
    "src/rollcall/integrations/schedules.py": "the scheduler asks for all that is due",
    "src/rollcall/integrations/settling.py": "the scheduler settles all tenants",
    "src/rollcall/integrations/sign_in.py": "tenants are settled many at once, each by its rows",
    "src/rollcall/integrations/runs.py": "a run is named by its id alone at the server's shell",
    "src/rollcall/integrations/run_operations.py": "the same, and a worker ends its own run",
    "src/rollcall/integrations/sealed_operations.py": "keys seal the secrets of all tenants",
    "src/rollcall/accounts/addresses.py": "who is told of what happens to any tenant",
    "src/rollcall/mail/notice_operations.py": "what is told to all tenants is kept at once",
    "src/rollcall/mail/operations.py": "a mail may concern the whole system",
    "src/rollcall/mail/outbox.py": "mails of all tenants go over one server",
    "src/rollcall/mail/queries.py": "the provider sees the outbox of all",
    "src/rollcall/tenants/scope.py": "where it is defined",
}
"""Who may cross tenants, and why."""


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_a_module_has_at_most_500_lines() -> None:
    lines = {relative(path): path.read_text(encoding="utf-8").count("\n") for path in EVERYTHING}
    assert {path: count for path, count in lines.items() if count > MODULE_LINES} == {}


def test_a_function_has_at_most_60_lines() -> None:
    lines = {
        f"{relative(path)}: {node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for path in SOURCES
        for node in functions(path)
    }
    assert {name: count for name, count in lines.items() if count > FUNCTION_LINES} == {}


def test_a_module_is_named_by_what_it_is() -> None:
    assert [relative(path) for path in EVERYTHING if path.stem in NAMELESS] == []


def test_a_module_says_what_it_is_for() -> None:
    silent = [
        relative(path)
        for path in EVERYTHING
        if (text := path.read_text(encoding="utf-8")).strip()
        and not ast.get_docstring(ast.parse(text))
    ]
    assert silent == []


def test_there_are_few_type_ignores_and_each_says_why() -> None:
    pattern = re.compile(r"#\s*type:\s*ignore(?P<rest>.*)$", re.MULTILINE)
    found = [
        (relative(path), match["rest"])
        for path in SOURCES
        for match in pattern.finditer(path.read_text(encoding="utf-8"))
    ]
    assert len(found) <= TYPE_IGNORES
    assert [each for each in found if not re.match(r"\[[a-z-]+\]\s+#\s+\S", each[1])] == []


def test_mypy_has_no_waiver() -> None:
    configuration = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert "tool.mypy.overrides" not in configuration
    assert "ignore_errors" not in configuration


def test_each_noqa_says_why() -> None:
    pattern = re.compile(r"#\s*noqa(?P<rest>.*)$", re.MULTILINE)
    bare = [
        (relative(path), match[0])
        for path in EVERYTHING
        if path != Path(__file__)
        for match in pattern.finditer(path.read_text(encoding="utf-8"))
        if not re.match(r":\s*[A-Z]+[0-9]+(,\s*[A-Z]+[0-9]+)*\s+-\s+\S", match["rest"])
    ]
    assert bare == []


def test_who_crosses_tenants_is_listed_here() -> None:
    crossing = {
        relative(path)
        for path in SOURCES
        if path.is_relative_to(ROOT / "src" / "rollcall")
        and "all_tenants(" in path.read_text(encoding="utf-8")
    }
    assert crossing == set(ALL_TENANTS)


def test_an_apps_models_are_imported_by_that_app_alone() -> None:
    apps = {path.parent.name for path in (ROOT / "src/rollcall").glob("*/apps.py")}
    pattern = re.compile(r"rollcall\.(\w+)\.models")
    strangers = [
        (relative(path), app)
        for path in SOURCES
        for app in pattern.findall(path.read_text(encoding="utf-8"))
        if app in apps and path.relative_to(ROOT / "src/rollcall").parts[0] != app
    ]
    assert strangers == []


def test_test_names_are_sentences() -> None:
    short = [
        f"{relative(path)}: {node.name}"
        for path in EVERYTHING
        if path.is_relative_to(ROOT / "tests")
        for node in functions(path)
        if node.name.startswith("test_") and node.name.count("_") < 3
    ]
    assert short == []


def test_the_repository_names_no_machine() -> None:
    pattern = re.compile(r"/work/main|/root/|/home/\w+/|/opt/pypi")
    texts = [
        path
        for suffix in ("*.py", "*.md", "*.toml", "*.sql", "Makefile")
        for path in ROOT.rglob(suffix)
        if not {".venv", "var", ".git"} & set(path.relative_to(ROOT).parts)
        and path != Path(__file__)
    ]
    named = [relative(path) for path in texts if pattern.search(path.read_text(encoding="utf-8"))]
    assert named == []
