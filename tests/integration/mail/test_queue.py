"""Mails are queued whatever scope binds the transaction, and go with it."""

import psycopg
import pytest
from django.db import transaction

from rollcall.mail.operations import send_mail
from rollcall.web.scope import system_scope, tenant_scope
from rollcall.wiring.machine import Machine
from tests.integration.conftest import MakeSite


def queue(subject: str = "Hello", tenant_id: int | None = None) -> None:
    send_mail(
        to="ada@rollcall.example", subject=subject, text="x", tenant_id=tenant_id, kind="test"
    )


def subjects(machine: Machine) -> list[str]:
    with psycopg.connect(machine.conninfo) as connection:
        rows = connection.execute("SELECT subject FROM mail_outgoingmail ORDER BY id").fetchall()
    return [subject for (subject,) in rows]


def test_a_mail_is_queued_from_within_a_tenants_scope(new_site: MakeSite) -> None:
    site = new_site("people:1")

    with tenant_scope(site.tenant.id):
        queue(tenant_id=site.tenant.id)
        assert subjects(site.machine) == []
    assert subjects(site.machine) == ["Hello"]
    with system_scope():
        queue("Second")
    assert subjects(site.machine) == ["Hello", "Second"]


def test_a_mail_goes_with_the_transaction_that_it_was_queued_in(machine: Machine) -> None:
    def fail() -> None:
        with transaction.atomic():
            queue()
            raise ValueError

    def fail_in_scope() -> None:
        with tenant_scope(1):
            queue()
            raise ValueError

    for each in (fail, fail_in_scope):
        with pytest.raises(ValueError, match=r"^$"):
            each()
    assert subjects(machine) == []

    with transaction.atomic():
        queue("Kept")
        assert subjects(machine) == []
    assert subjects(machine) == ["Kept"]


def test_a_subject_is_one_line(machine: Machine) -> None:
    queue("Hello\r\nBcc: eve@evil.example")

    assert subjects(machine) == ["Hello Bcc: eve@evil.example"]
