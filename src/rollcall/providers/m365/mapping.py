"""From Graph's words to ours. Pure: one object in, one record out."""

import re
import sys
from collections.abc import Iterable, Iterator

from rollcall.core.records import (
    ContactId,
    ContactRecord,
    FolderId,
    Phone,
    PostalAddress,
    Removal,
    SourceId,
    UserRecord,
)
from rollcall.providers.m365.wire import GraphAddress, GraphContact, GraphUser

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")

GUEST = "guest"
EXTERNAL_MARK = "#ext#"


def to_sighting(user: GraphUser) -> UserRecord | Removal:
    """Return what Graph says of one object of /users/delta.

    `@removed` with reason “changed” means deleted and restorable, “deleted” gone for good.
    """
    source_id = SourceId(user.id or "")
    if user.removed is not None:
        return Removal(source_id=source_id, permanent=user.removed.reason != "changed")
    email = clean_text(user.mail)
    return UserRecord(
        source_id=source_id,
        display_name=clean_text(user.display_name),
        first_name=clean_text(user.given_name),
        last_name=clean_text(user.surname),
        principal_name=clean_text(user.user_principal_name),
        email=email,
        aliases=_aliases(user, email),
        mobile_phone=clean_text(user.mobile_phone),
        business_phone=next(_texts(user.business_phones), ""),
        fax=clean_text(user.fax_number),
        job_title=_share_text(user.job_title),
        department=_share_text(user.department),
        office=_share_text(user.office_location),
        company=_share_text(user.company_name),
        employee_id=clean_text(user.employee_id),
        language=_share_text(user.preferred_language),
        country=_share_text(user.usage_location),
        enabled=user.account_enabled is not False,
        guest=_is_guest(user),
        licensed=bool(user.assigned_licenses),
    )


def to_contact(contact: GraphContact, folder_id: FolderId) -> ContactRecord:
    """Return one contact of the folder `folder_id`; its display name is never empty."""
    emails = tuple(dict.fromkeys(_addresses(contact)))
    phones = tuple(_phones(contact))
    first, last = clean_text(contact.given_name), clean_text(contact.surname)
    company = clean_text(contact.company_name)
    names = (
        clean_text(contact.display_name),
        f"{first} {last}".strip(),
        company,
        clean_text(contact.file_as),
        *emails,
        *(phone.number for phone in phones),
        "–",
    )
    return ContactRecord(
        contact_id=ContactId(contact.id or ""),
        folder_id=folder_id,
        display_name=next(filter(None, names)),
        first_name=first,
        last_name=last,
        company=company,
        job_title=clean_text(contact.job_title),
        department=clean_text(contact.department),
        emails=emails,
        phones=phones,
        addresses=tuple(_postal_addresses(contact)),
    )


def clean_text(text: str | None) -> str:
    """Return `text` on one line, without control characters and outer white space."""
    if not text:
        return ""
    if text.isprintable():
        return text.strip()
    return _CONTROL.sub(" ", text).strip()


def _share_text(text: str | None) -> str:
    """Return the clean text as one object for all who have the same: there are few of its kind."""
    return sys.intern(clean_text(text))


def _is_guest(user: GraphUser) -> bool:
    """Tell guests: by type, and external people by the mark in their principal name."""
    if (user.user_type or "").casefold() == GUEST:
        return True
    return EXTERNAL_MARK in (user.user_principal_name or "").casefold()


def _aliases(user: GraphUser, email: str) -> tuple[str, ...]:
    proxies = (
        address[5:] for address in _texts(user.proxy_addresses) if address[:5].casefold() == "smtp:"
    )
    aliases = {address.casefold() for address in (*proxies, *_texts(user.other_mails))}
    aliases.discard(email.casefold())
    return tuple(sorted(aliases))


def _texts(values: Iterable[str | None] | None) -> Iterator[str]:
    return (text for value in values or () if (text := clean_text(value)))


def _addresses(contact: GraphContact) -> Iterable[str]:
    return _texts(each.address for each in contact.email_addresses or () if each is not None)


def _phones(contact: GraphContact) -> Iterable[Phone]:
    for kind, numbers in (
        ("business", contact.business_phones),
        ("mobile", [contact.mobile_phone]),
        ("home", contact.home_phones),
    ):
        for number in _texts(numbers):
            yield Phone(kind=kind, number=number)


def _postal_addresses(contact: GraphContact) -> Iterable[PostalAddress]:
    for kind, address in (
        ("business", contact.business_address),
        ("home", contact.home_address),
        ("other", contact.other_address),
    ):
        if address is not None and any(_parts(address)):
            street, city, state, postal_code, country = _parts(address)
            yield PostalAddress(
                kind=kind,
                street=street,
                city=city,
                state=state,
                postal_code=postal_code,
                country=country,
            )


def _parts(address: GraphAddress) -> tuple[str, str, str, str, str]:
    return (
        clean_text(address.street),
        clean_text(address.city),
        clean_text(address.state),
        clean_text(address.postal_code),
        clean_text(address.country_or_region),
    )
