"""All that the web phone shows of one person: oneself, a colleague, a contact."""

from collections.abc import Sequence

import msgspec

from rollcall.phonebook.listing import ContactDetail, find_contact
from rollcall.telephony.queries import ExtensionDetail, find_detail
from rollcall.webphone.look_up import Asker, Kind


class Number(msgspec.Struct, frozen=True):
    """A number as it is shown, and as it is dialled. `suffix` is dialled after the answer."""

    kind: str
    shown: str
    dialled: str
    suffix: str = ""


class Person(msgspec.Struct, frozen=True):
    """Somebody, with all numbers. `photo` is the digest of the photo of an extension."""

    id: int
    kind: Kind
    display_name: str
    numbers: tuple[Number, ...]
    emails: tuple[str, ...]
    company: str
    department: str
    job_title: str
    office: str = ""
    photo: str = ""


def find_colleague(asker: Asker, extension_id: int) -> Person | None:
    """Return somebody who can be called inside, if there is one with this id."""
    found = find_detail(asker.tenant_id, extension_id)
    if found is None or found.deleted_at is not None or found.shown.state != "active":
        return None
    return _of_extension(found)


def find_own_contact(asker: Asker, contact_id: int) -> Person | None:
    """Return one of one's own contacts, if there is one with this id."""
    found = find_contact(asker.tenant_id, contact_id, holder=asker.extension_id)
    return _of_contact(found, Kind.OWN) if found else None


def find_company_contact(asker: Asker, contact_id: int) -> Person | None:
    """Return a contact of the company, if there is one with this id."""
    found = find_contact(asker.tenant_id, contact_id)
    return _of_contact(found, Kind.COMPANY) if found else None


def _of_extension(found: ExtensionDetail) -> Person:
    shown = found.shown
    number = shown.number or ""
    phones = (("business", shown.business_phone), ("mobile", shown.mobile_phone))
    return Person(
        id=found.id,
        kind=Kind.COLLEAGUES,
        display_name=shown.display_name or number,
        numbers=(
            Number("extension", number, number),
            *(Number(kind, phone, phone) for kind, phone in phones if phone),
        ),
        emails=(shown.email,) if shown.email else (),
        company=shown.company or "",
        department=shown.department or "",
        job_title=shown.job_title or "",
        office=shown.office or "",
        photo=shown.photo_sha256 or "",
    )


def _of_contact(found: ContactDetail, kind: Kind) -> Person:
    numbers = [
        Number(each.kind, each.number, each.e164 or each.number, each.extension or "")
        for each in found.phones
    ]
    return Person(
        id=found.id,
        kind=kind,
        display_name=found.display_name or found.company or _first(numbers),
        numbers=tuple(numbers),
        emails=found.emails,
        company=found.company if found.company != found.display_name else "",
        department=found.department,
        job_title=found.job_title,
    )


def _first(numbers: Sequence[Number]) -> str:
    return numbers[0].shown if numbers else "–"
