"""Add, edit and delete extensions by hand. What the directory says is not edited here."""

from collections.abc import Mapping
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from rollcall.core.errors import SetupError
from rollcall.core.plan import PROFILE_FIELDS
from rollcall.telephony.models import Extension
from rollcall.telephony.queries import find_row
from rollcall.tenants.queries import get_tenant_by_id

EDITABLE = tuple(name for name in PROFILE_FIELDS if name != "principal_name")


def add_extension(tenant_id: int, *, number: int, fields: Mapping[str, str]) -> None:
    """Add a hand-made extension; raise SetupError if the number is not free."""
    check_reserved(tenant_id, number)
    extension = Extension(tenant_id=tenant_id, number=number, **_own_fields(fields))
    if not extension.display_name:
        extension.display_name = f"{extension.first_name} {extension.last_name}".strip()
    _save(extension)


def edit_extension(
    tenant_id: int, number: int, *, new_number: int | None, fields: Mapping[str, str]
) -> None:
    """Change an extension; of a synchronised one, the number only."""
    extension = find_row(tenant_id, number)
    if fields and extension.source != Extension.Source.LOCAL:
        sentence = _(
            "Extension %(number)s follows Microsoft 365: edit %(fields)s of %(who)s there."
        )
        words = {
            "number": number,
            "fields": ", ".join(sorted(fields)),
            "who": extension.principal_name or extension.display_name,
        }
        raise SetupError(sentence % words, code="synchronised")
    for name, value in _own_fields(fields).items():
        setattr(extension, name, value)
    if new_number is not None:
        check_reserved(tenant_id, new_number)
        extension.number = new_number
    _save(extension)


def delete_extension(tenant_id: int, number: int, *, now: datetime) -> str:
    """Delete an extension; return what that means for its number: freed, kept or released.

    A hand-made one goes for good (freed). A person of the directory is back with the next run, so
    the number is kept; a leaver is not, so it is released.
    """
    extension = find_row(tenant_id, number)
    if extension.source == Extension.Source.LOCAL:
        extension.delete()
        return "freed"
    if extension.state == Extension.State.BLOCKED:
        extension.state = Extension.State.RELEASED
        extension.save()
        return "released"
    extension.deleted_at = now
    extension.save()
    return "kept"


def unlink_person(tenant_id: int, extension_id: int) -> None:
    """Unlink an extension from its person; it stays, with its number, as a hand-made one.

    One that was deleted by hand was only kept for the person, and goes for good.
    """
    rows = Extension.objects.of(tenant_id).filter(pk=extension_id)
    rows.filter(deleted_at__isnull=False).delete()
    rows.update(
        source=Extension.Source.LOCAL,
        directory_object_id=None,
        principal_name="",
        state=Extension.State.ACTIVE,
        blocked_at=None,
        blocked_reason="",
    )


def _own_fields(fields: Mapping[str, str]) -> dict[str, str]:
    unknown = set(fields) - set(EDITABLE)
    if unknown:
        raise SetupError(f"Extensions have no field {', '.join(sorted(unknown))}.", code="field")
    return {name: value.strip() for name, value in fields.items()}


def check_reserved(tenant_id: int, number: int) -> None:
    """Raise SetupError for a number that the tenant never gives to anybody."""
    if number in get_tenant_by_id(tenant_id).reserved_numbers:
        sentence = _(
            "%(number)s is reserved (an emergency or feature code) and is never given. The list of "
            "reserved numbers is among the tenant’s settings."
        )
        raise SetupError(sentence % {"number": number}, code="reserved")


def _save(extension: Extension) -> None:
    try:
        with transaction.atomic():
            extension.save()
    except IntegrityError as error:
        raise SetupError(_taken(extension), code="number-taken") from error


def _taken(extension: Extension) -> str:
    other = (
        Extension.objects.of(extension.tenant_id)
        .exclude(state=Extension.State.RELEASED)
        .filter(number=extension.number)
        .first()
    )
    if other is not None and other.deleted_at is not None:
        sentence = _(
            "%(number)s is kept for %(who)s, whose extension was deleted by hand and comes back "
            "with the next run."
        )
        return sentence % {"number": extension.number, "who": other.display_name}
    name = other.display_name if other is not None else _("somebody")
    return _("%(number)s is taken by %(who)s.") % {"number": extension.number, "who": name}
