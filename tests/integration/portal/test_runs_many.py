"""Many runs, many changes: pages of them, with the same few queries however many there are."""

import psycopg
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.integration.conftest import MakeSite
from tests.integration.portal.conftest import SignIn
from tests.sites import Site

PAGE = "/t/contoso/integration/runs"

ADD_CHANGES = """
    INSERT INTO integrations_runchange
        (tenant_id, run_id, position, action, object_id, name, number, fields, reason)
    SELECT tenant_id, id, n, CASE WHEN n % 3 = 0 THEN 'blocked' ELSE 'created' END,
        'object-' || n, 'Person ' || n || ' 100%_', 10000 + n, '{}', 'new'
    FROM integrations_syncrun, generate_series(10, 240) n WHERE id = 1
"""
ADD_REFUSALS = """
    INSERT INTO integrations_refusal
        (tenant_id, integration_id, object_id, reason, detail, since_run)
    SELECT tenant_id, integration_id, 'object-' || to_char(n, 'FM0000'), 'guest', 'A guest.', id
    FROM integrations_syncrun, generate_series(1, 120) n WHERE id = 1
"""
ADD_PROBLEMS = """
    UPDATE integrations_syncrun SET problems = (
        SELECT jsonb_agg(jsonb_build_object('stage', 'personal-contacts', 'subject', 'object-' || n,
            'code', 'no-mailbox', 'message', 'Problem ' || n))
        FROM generate_series(1, 70) n
    ), counts = '{"users": {"created": 161, "blocked": 79, "refused": 120}}'
    WHERE id = 1
"""
ADD_RUNS = """
    INSERT INTO integrations_syncrun (tenant_id, integration_id, trigger, asked_by, asked_at, state,
        dry_run, "full", stages, fence, cancel_requested, progress, counts, problems, refused, hold,
        announced, requests, items, throttled_seconds,
        started_at, finished_at)
    SELECT tenant_id, integration_id, 'schedule', 'rollcall', now(), 'applied', false, false,
        stages, 0, false, '{}', counts, '[]', '{}', '', true, 1, 0, 0, now(), now()
    FROM integrations_syncrun, generate_series(1, 400) WHERE id = 1
"""


@pytest.fixture
def site(new_site: MakeSite) -> Site:
    """A connected tenant of nine people, after its first sync, which is run 1."""
    site = new_site("people:9:0", photos=False)
    site.sync()
    return site


@pytest.fixture
def visitor(site: Site, sign_in: SignIn) -> Client:
    """Its administrator."""
    return sign_in("administrator", site.tenant.id)


def add(site: Site, *statements: str) -> None:
    with psycopg.connect(site.machine.conninfo, autocommit=True) as connected:
        for statement in statements:
            connected.execute(statement.encode())


def text_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()


def count_queries(client: Client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as queries:
        text_of(client, address)
    return len(queries)


def test_pages_follow_each_other_without_a_gap(site: Site, visitor: Client) -> None:
    add(site, ADD_CHANGES, ADD_PROBLEMS)

    assert "Person 50 " in text_of(visitor, f"{PAGE}/1")
    second = text_of(visitor, f"{PAGE}/1?page=2")
    assert "Person 51 " in second
    assert "Person 100 " in second
    assert "page=3" in second
    assert "Person 240 " in text_of(visitor, f"{PAGE}/1?page=5")
    assert 'rel="next"' not in text_of(visitor, f"{PAGE}/1?page=5")
    assert "<td" not in text_of(visitor, f"{PAGE}/1?page=99999")


def test_a_page_keeps_its_filter_and_its_search(site: Site, visitor: Client) -> None:
    add(site, ADD_CHANGES, ADD_PROBLEMS)
    leaving = text_of(visitor, f"{PAGE}/1?show=blocked&search=person&page=2")

    assert "show=blocked&amp;search=person&amp;page=1" in leaving
    assert "Leaving 79" in leaving
    assert "Person 162 " in leaving


def test_what_is_searched_for_is_no_pattern(site: Site, visitor: Client) -> None:
    add(site, ADD_CHANGES, ADD_REFUSALS)

    assert text_of(visitor, f"{PAGE}/1?search=100%25_").count("<tr>") == 51
    assert text_of(visitor, f"{PAGE}/1?search=1%25%25_").count("<tr>") == 0
    assert text_of(visitor, f"{PAGE}/1?search=%00").count("<tr>") == 51
    assert "<td" not in text_of(visitor, f"{PAGE}/1?show=refused&search=%25")


def test_refusals_and_problems_come_in_pages_too(site: Site, visitor: Client) -> None:
    add(site, ADD_REFUSALS, ADD_PROBLEMS)

    assert "object-0051" in text_of(visitor, f"{PAGE}/1?show=refused&page=2")
    assert "Problem 51" in text_of(visitor, f"{PAGE}/1?show=problems&page=2")
    assert "Problems 70" in text_of(visitor, f"{PAGE}/1")


def test_a_file_holds_what_many_pages_show(site: Site, visitor: Client) -> None:
    add(site, ADD_CHANGES, ADD_REFUSALS)
    lines = b"".join(visitor.get(f"{PAGE}/1/csv")).decode().splitlines()

    assert sum(",object-" in line for line in lines) == 231 + 120
    assert sum(line.startswith("Refused,,,object-0120,") for line in lines) == 1


def test_four_hundred_nights_come_in_pages(site: Site, visitor: Client) -> None:
    add(site, ADD_RUNS)

    assert text_of(visitor, PAGE).count("<tr>") == 51
    assert text_of(visitor, PAGE + "?page=9").count("<tr>") == 2
    assert text_of(visitor, PAGE + "?page=2&result=held").count("<tr>") == 0


@pytest.mark.parametrize("address", ["", "/1", "/1?show=refused", "/1?show=problems"])
def test_a_page_costs_the_same_queries_however_much_there_is(
    site: Site, visitor: Client, address: str
) -> None:
    few = count_queries(visitor, PAGE + address)
    add(site, ADD_CHANGES, ADD_REFUSALS, ADD_PROBLEMS, ADD_RUNS)

    assert count_queries(visitor, PAGE + address) <= few + 2
