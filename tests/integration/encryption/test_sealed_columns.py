"""No sealed column is forgotten: one that is would be lost with the key it was sealed with."""

import re

import psycopg
import pyotp
from django.apps import apps
from django.db import models

from rollcall.accounts.factor_operations import set_up_factor
from rollcall.accounts.operations import NewAccount, add_account
from rollcall.calling.trunk_operations import NewTrunk, save_trunk
from rollcall.credentials.secret import Secret
from rollcall.integrations.sealed_operations import SEALED
from rollcall.wiring.machine import Machine, utc_now
from tests.integration.conftest import MakeSite
from tests.integration.mail.conftest import set_server
from tests.integration.mail.server import MailHost

NOT_SEALED = {
    "integrations_directoryrecord.fingerprint": "tells whether a record has changed",
    "integrations_directoryrecord.purpose_fingerprint": "the same of a mailbox's purpose",
    "integrations_heldplan.digest": "tells whether two plans are the same",
    "integrations_heldplan.plan": "a packed plan; the web cannot read it",
    "integrations_integration.users_policy": "tells whether the settings have changed",
    "integrations_stagedpage.records": "packed records of a reading that goes on",
    "phonebook_addressbook.doubt": "tells whether two readings of a book agree",
    "phonebook_contact.fingerprint": "tells whether a contact has changed",
    "telephony_photo.content": "a picture",
    "telephony_photo.sha256": "tells whether it has changed",
}
"""Columns of bytes that hold no secret, and what they hold."""

SEALED_OTHERWISE = {
    "accounts_session.hint_sealed": "with a key made of the session's token (accounts.hints)",
}
"""Columns that no key of this machine opens, so that exchanging the keys does not concern them."""

BEGINS = "SELECT FROM {} WHERE substring({} FROM 1 FOR %s) = %s LIMIT 1"
SECRET_NAMES = re.compile(r"sealed|secret|token|password|private|totp", re.IGNORECASE)


def columns_of_bytes() -> dict[str, "models.Field[object, object]"]:
    return {
        f"{model._meta.db_table}.{field.column}": field
        for config in apps.get_app_configs()
        if config.name.startswith("rollcall.")
        for model in config.get_models()
        for field in model._meta.local_fields
        if isinstance(field, models.BinaryField)
    }


def seal_others(machine: Machine, tenant_id: int) -> None:
    """Seal what is no integration's: a second factor, passwords of mail server and trunk."""
    set_server(machine, MailHost(port=25), user="rollcall", password="secret")
    account_id = add_account(NewAccount(email="ada@a.example", role="system"), actor="test")
    secret, now = pyotp.random_base32(), utc_now()
    set_up_factor(
        account_id,
        secret=secret,
        code=pyotp.TOTP(secret).at(now),
        ring=machine.key_ring(),
        now=now,
        replace=False,
    )
    trunk = NewTrunk(
        kind="registration",
        host="sip.carrier.example",
        username="acme",
        password=Secret(b"secret"),
    )
    save_trunk(tenant_id, trunk, ring=machine.key_ring(), actor="test", now=now)


def test_every_column_of_bytes_is_sealed_or_said_to_hold_no_secret() -> None:
    registered = {f"{each.table}.{each.column}" for each in SEALED}

    others = set(NOT_SEALED) | set(SEALED_OTHERWISE)
    assert set(columns_of_bytes()) == registered | others
    assert not registered & others


def test_no_column_that_sounds_secret_is_said_to_hold_none() -> None:
    assert [name for name in NOT_SEALED if SECRET_NAMES.search(name.partition(".")[2])] == []


def test_whatever_begins_as_sealed_values_do_is_in_the_registry(
    new_site: MakeSite, conninfo: str
) -> None:
    site = new_site("people:6:2,photos=1,shared=1", personal_contacts=True, company_contacts=True)
    site.sync()
    seal_others(site.machine, site.tenant.id)
    name = site.machine.key_ring().current.encode()
    head = bytes((1, len(name))) + name

    with psycopg.connect(conninfo) as connection:
        columns = connection.execute(
            "SELECT table_name, column_name FROM information_schema.columns "
            "WHERE table_schema = 'public' AND data_type = 'bytea'"
        ).fetchall()
        found = {
            f"{table}.{column}"
            for table, column in columns
            if connection.execute(BEGINS.format(table, column).encode(), [len(head), head]).rowcount
        }

    assert found == {f"{each.table}.{each.column}" for each in SEALED}
