"""The audit log's page: in words, narrowed, in pages, exported; and no action without words."""

import ast
import csv
import re
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

from django.db import connection
from django.test.utils import CaptureQueriesContext

from rollcall.audit.operations import note
from rollcall.portal.action_words import ACTIONS, AREAS
from tests.integration.conftest import MakeSite
from tests.integration.portal.conftest import SignIn

PAGE = "/t/contoso/audit"
SOURCE = Path(__file__).parents[3] / "src" / "rollcall"
ACTION = re.compile(r"[a-z_]+\.[a-z_-]+")
NOTING = {"note", "_note", "audit", "_audit", "note_account"}


def noted_actions() -> Iterator[str]:
    """Yield every action that the source notes, in Python or in SQL."""
    for path in SOURCE.rglob("*.sql"):
        for values in re.findall(r"INTO audit_auditentry[^;]+", path.read_text(encoding="utf-8")):
            yield from re.findall(r"'([a-z_]+\.[a-z_-]+)'", values)
    for path in SOURCE.rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call):
                continue
            name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
            name = call.func.id if isinstance(call.func, ast.Name) else name
            keyword = [each.value for each in call.keywords if each.arg == "action"]
            for part in [*keyword, *(call.args if name in NOTING else [])]:
                if isinstance(part, ast.Constant) and ACTION.fullmatch(str(part.value)):
                    yield str(part.value)
            for part in keyword:
                if isinstance(part, ast.JoinedStr):
                    assert ast.unparse(part) == "f'run.{verb}'"


def test_every_action_that_is_noted_has_words() -> None:
    noted = set(noted_actions())

    assert len(noted) > 30
    assert noted - set(ACTIONS) == set()
    assert {area for area, _ in ACTIONS.values()} == set(AREAS)


def test_what_was_done_is_said_in_words(new_site: MakeSite, sign_in: SignIn) -> None:
    tenant = new_site("people:1").tenant
    detail = {"name": {"old": "Before", "new": "After <b>"}, "guests": True, "leavers": None}
    note(
        actor="shell:root",
        action="integration.changed",
        subject="ن" * 300,
        tenant_id=tenant.id,
        detail=detail,
    )
    note(actor="token:7 (CRM)", action="from.elsewhere", tenant_id=tenant.id)

    page = sign_in("administrator", tenant.id).get(PAGE).content.decode()

    for words in (
        "root at the server&#x27;s shell",
        "Token 7 (CRM)",
        "Integration changed",
        "from.elsewhere",
        "<del>Before</del> → <bdi>After &lt;b&gt;</bdi>",
        "<bdi>on</bdi>",
        "Times are those of Europe/Berlin",
    ):
        assert words in page, words


def test_the_log_is_narrowed_and_turned(new_site: MakeSite, sign_in: SignIn) -> None:
    tenant = new_site("people:1").tenant
    for number in range(120):
        note(
            actor="anna@contoso.example" if number % 2 else "shell:root",
            action="extension.added",
            subject=str(3000 + number),
            tenant_id=tenant.id,
        )
    administrator = sign_in("administrator", tenant.id)

    def subjects(address: str) -> list[str]:
        page = administrator.get(address).content.decode()
        return re.findall(r"<bdi>(3\d\d\d)</bdi>", page)

    first = administrator.get(f"{PAGE}?action=extension").content.decode()
    assert re.findall(r"<bdi>(3\d\d\d)</bdi>", first) == [str(3119 - n) for n in range(50)]
    older = re.search(r'rel="next" href="([^"]+)"', first)
    assert older
    second = subjects(PAGE + older[1].replace("&amp;", "&"))
    assert second == [str(3069 - n) for n in range(50)]
    assert len(subjects(f"{PAGE}?actor=anna@contoso.example")) == 50
    assert subjects(f"{PAGE}?q=3007") == ["3007"]
    assert subjects(f"{PAGE}?action=integration") == []
    assert subjects(f"{PAGE}?action=no.such") == []
    assert subjects(f"{PAGE}?until=2001-01-01") == []
    assert subjects(f"{PAGE}?q=%00&before=x&since=never&until=9999-12-31") != []


def test_a_page_takes_as_many_queries_whatever_is_on_it(
    new_site: MakeSite, sign_in: SignIn
) -> None:
    tenant = new_site("people:1").tenant
    administrator = sign_in("administrator", tenant.id)
    administrator.get(PAGE)

    def count() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            administrator.get(PAGE)
        return len(queries)

    few = count()
    for number in range(100):
        note(actor=f"a{number}", action="extension.added", tenant_id=tenant.id)
    assert count() == few


def test_the_log_is_exported_without_formulas(new_site: MakeSite, sign_in: SignIn) -> None:
    tenant = new_site("people:1").tenant
    other = new_site("people:1,name=other", slug="other").tenant
    note(actor="=SUM(A1)", action="extension.added", subject="2001", tenant_id=tenant.id)
    note(actor="stranger", action="extension.added", tenant_id=other.id)
    administrator = sign_in("administrator", tenant.id)

    answer = administrator.get(f"{PAGE}.csv?action=extension.added")

    content = answer.getvalue().decode("utf-8-sig")
    rows = list(csv.reader(StringIO(content)))
    assert rows[0] == ["Time", "Who", "Action", "What", "Subject", "Details"]
    assert [row[1:5] for row in rows[1:]] == [
        ["'=SUM(A1)", "extension.added", "Extension added", "2001"]
    ]
    assert administrator.get("/t/other/audit").status_code == 404
    assert administrator.get("/t/other/audit.csv").status_code == 404
