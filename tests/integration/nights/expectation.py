"""What a tenant's people must look like, by the naive planner of the property tests.

It is told what the directory really holds, night by night, and knows nothing of runs, deltas,
workers or kills.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec

from rollcall.core.numbering import DEFAULT_RESERVED, NumberRange
from rollcall.core.records import SourceId, UserRecord
from rollcall.sync.context import SyncSettings
from tests.integration.nights.plant import SCOPE, Firm, Plant
from tests.property.oracle import RELEASED, Picture, hear, settle

COLUMNS = (
    "principal_name", "first_name", "last_name", "display_name", "email", "mobile_phone",
    "business_phone", "job_title", "department", "office", "company",
)  # fmt: skip
FOUND = f"""
    SELECT directory_object_id, number, state, {", ".join(COLUMNS)} FROM telephony_extension
    WHERE tenant_id = %(tenant)s AND deleted_at IS NULL
"""


@dataclass
class Expectation:
    """One tenant as it must be."""

    firm: Firm
    picture: Picture = field(default_factory=Picture)

    def let_night_pass(self) -> None:
        """Take in what the directory holds now, and settle."""
        truth = self.firm.directory.users(show="properties")
        hear(self.picture, [_record(each.id, each.properties) for each in truth], complete=True)
        self.picture = settle(self.picture, self._settings(), (), datetime.now(UTC))

    def _settings(self) -> SyncSettings:
        return SyncSettings(
            country="DE", scope=NumberRange(*SCOPE), reserved=frozenset(DEFAULT_RESERVED)
        )

    def expected(self) -> dict[str, tuple[int, str, tuple[str, ...]]]:
        """Return number, state and profile of each person with an extension."""
        return {
            source_id: (seat.number, seat.state, tuple(msgspec.structs.astuple(seat.profile)))
            for source_id, seat in self.picture.seats.items()
            if seat.state != RELEASED
        }

    def found(self, plant: Plant) -> dict[str, tuple[int, str, tuple[str, ...]]]:
        """Return the same of the PBX."""
        rows = plant.rows(FOUND, tenant=self.firm.tenant_id)
        assert len({row["number"] for row in rows}) == len(rows), "a number was given twice"
        return {
            row["directory_object_id"]: (
                row["number"],
                row["state"],
                tuple(row[name] for name in COLUMNS),
            )
            for row in rows
        }

    def check(self, plant: Plant) -> None:
        """Compare the PBX with what must be."""
        expected, found = self.expected(), self.found(plant)
        wrong = {
            each: (expected.get(each), found.get(each))
            for each in expected.keys() | found.keys()
            if expected.get(each) != found.get(each)
        }
        assert not wrong, (
            f"{self.firm.slug}: {len(wrong)} differ, such as {next(iter(wrong.items()))}"
        )


def check_first_numbers(plant: Plant, firm: Firm) -> None:
    """Check a first night of a firm too big for the oracle: numbers in the order of names."""
    expected: dict[str, int] = {}
    truth = [_record(each.id, each.properties) for each in firm.directory.users(show="properties")]
    able = [each for each in truth if each.enabled and not each.guest and each.named]
    able.sort(key=lambda each: (each.display_name.casefold(), each.source_id))
    for number, record in enumerate(able, start=firm.first):
        expected[record.source_id] = number
    rows = plant.rows(FOUND, tenant=firm.tenant_id)
    found = {row["directory_object_id"]: row["number"] for row in rows}
    assert found == expected


BOOKS = """
    SELECT e.directory_object_id AS person, b.doubted_at IS NOT NULL AS doubted,
        count(c.id) AS contacts
    FROM phonebook_addressbook b JOIN telephony_extension e ON e.id = b.owner_id
    LEFT JOIN phonebook_contact c ON c.book_id = b.id
    WHERE b.tenant_id = %(tenant)s AND e.state = 'active' AND b.status = 'read' GROUP BY 1, 2
"""
PICTURED = """
    SELECT e.directory_object_id AS person FROM telephony_photo p
    JOIN telephony_extension e ON e.id = p.extension_id
    WHERE p.tenant_id = %(tenant)s AND e.state = 'active' AND p.content IS NOT NULL
"""


def check_books(plant: Plant, firm: Firm) -> int:
    """Compare each person's contacts with what the mailbox really holds; return how many books."""
    books = plant.rows(BOOKS, tenant=firm.tenant_id)
    for book in books:
        truth = len(firm.directory.mailbox(book["person"]).contacts)
        assert book["contacts"] == truth, (firm.slug, book, truth)
    return len(books)


def check_photos(plant: Plant, firm: Firm) -> None:
    """Compare who has a photo with who really has one."""
    people = {
        row["directory_object_id"]
        for row in plant.rows(FOUND, tenant=firm.tenant_id)
        if row["state"] == "active"
    }
    truth = {each.id for each in firm.directory.users(show="photo") if each.photo}
    found = {row["person"] for row in plant.rows(PICTURED, tenant=firm.tenant_id)}
    assert found == truth & people, (firm.slug, len(found), len(truth & people))


def _record(source_id: str, given: Mapping[str, Any]) -> UserRecord:
    """Read the truth about somebody, as plainly as it can be said."""

    def text(name: str) -> str:
        return str(given.get(name) or "")

    guest = given.get("userType") == "Guest" or "#EXT#" in text("userPrincipalName").upper()
    return UserRecord(
        source_id=SourceId(source_id),
        display_name=text("displayName"),
        first_name=text("givenName"),
        last_name=text("surname"),
        principal_name=text("userPrincipalName"),
        email=text("mail"),
        mobile_phone=text("mobilePhone"),
        business_phone=next(iter(given.get("businessPhones") or ()), ""),
        job_title=text("jobTitle"),
        department=text("department"),
        office=text("officeLocation"),
        company=text("companyName"),
        enabled=given.get("accountEnabled") is not False,
        guest=guest,
    )
