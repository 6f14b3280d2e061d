"""Read extensions."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime

import msgspec
from django.db.models import Count, Q
from django.db.models.functions import Lower

from rollcall.core.errors import SetupError
from rollcall.core.plan import PROFILE_FIELDS
from rollcall.telephony.models import Extension, Photo

_RELEASED = Q(state=Extension.State.RELEASED)


class ExtensionView(msgspec.Struct, frozen=True):
    """An extension as commands and the API show it. A released one has no number."""

    number: str | None
    state: str
    source: str
    directory_object_id: str | None
    principal_name: str | None
    first_name: str | None
    last_name: str | None
    display_name: str | None
    email: str | None
    mobile_phone: str | None
    business_phone: str | None
    job_title: str | None
    department: str | None
    office: str | None
    company: str | None
    photo_sha256: str | None


def list_extensions(tenant_id: int) -> Iterator[ExtensionView]:
    """Yield the tenant's extensions by number, the released ones last."""
    photos = {
        photo.extension_id: _hex(photo)
        for photo in Photo.objects.of(tenant_id).only("extension_id", "sha256")
    }
    rows = Extension.objects.of(tenant_id).filter(deleted_at__isnull=True)
    for state in (~_RELEASED, _RELEASED):
        for extension in rows.filter(state).order_by("number", "id").iterator(2000):
            yield _to_view(extension, photos.get(extension.pk))


def get_extension(tenant_id: int, number: int) -> ExtensionView:
    """Return the extension with this number, or raise SetupError."""
    extension = find_row(tenant_id, number)
    photo = Photo.objects.of(tenant_id).filter(extension_id=extension.pk).first()
    return _to_view(extension, _hex(photo) if photo else None)


class ExtensionDetail(msgspec.Struct, frozen=True):
    """One extension for its own page. `number` is the one that it had, if it is released."""

    id: int
    number: int
    shown: ExtensionView
    deleted_at: datetime | None
    blocked_at: datetime | None
    blocked_reason: str


def find_detail(tenant_id: int, extension_id: int) -> ExtensionDetail | None:
    """Return the extension with this id, whatever its state, if there is one."""
    row = Extension.objects.of(tenant_id).filter(pk=extension_id).first()
    if row is None:
        return None
    photo = Photo.objects.of(tenant_id).filter(extension_id=row.pk).only("sha256").first()
    return ExtensionDetail(
        id=row.pk,
        number=row.number,
        shown=_to_view(row, _hex(photo) if photo else None),
        deleted_at=row.deleted_at,
        blocked_at=row.blocked_at,
        blocked_reason=row.blocked_reason,
    )


def views_by_id(tenant_id: int, extension_ids: Collection[int]) -> dict[int, ExtensionView]:
    """Return some extensions by their ids, as commands and the API show them."""
    photos = Photo.objects.of(tenant_id).filter(extension_id__in=extension_ids)
    digests = {photo.extension_id: _hex(photo) for photo in photos.only("extension_id", "sha256")}
    rows = Extension.objects.of(tenant_id).filter(pk__in=extension_ids)
    return {row.pk: _to_view(row, digests.get(row.pk)) for row in rows}


def find_row(tenant_id: int, number: int) -> Extension:
    """Return the row of an extension that is there, or raise SetupError. For this app."""
    rows = Extension.objects.of(tenant_id).filter(~_RELEASED, deleted_at__isnull=True)
    extension = rows.filter(number=number).first()
    if extension is None:
        raise SetupError(f"There is no extension {number}.", code="unknown-extension")
    return extension


class ExtensionKey(msgspec.Struct, frozen=True):
    """Which extension, and whose: what other apps need to point at it."""

    id: int
    number: int
    state: str
    source: str
    display_name: str
    email: str
    directory_object_id: str | None
    deleted: bool


def get_key(tenant_id: int, number: int) -> ExtensionKey:
    """Return the extension with this number, or raise SetupError."""
    return _to_key(find_row(tenant_id, number))


def find_key(tenant_id: int, extension_id: int) -> ExtensionKey | None:
    """Return the extension with this id, whatever its state, if there is one."""
    row = Extension.objects.of(tenant_id).filter(pk=extension_id).first()
    return _to_key(row) if row else None


def keys_by_number(tenant_id: int, numbers: Collection[int]) -> dict[int, ExtensionKey]:
    """Return those of some extensions that are there, by number; raise SetupError for others."""
    rows = Extension.objects.of(tenant_id).filter(~_RELEASED, deleted_at__isnull=True)
    found = {row.number: _to_key(row) for row in rows.filter(number__in=numbers)}
    missing = sorted(set(numbers) - set(found))
    if missing:
        raise SetupError(f"There is no extension {missing[0]}.", code="unknown-extension")
    return found


def find_holder(tenant_id: int, number: int) -> ExtensionKey | None:
    """Return the extension that keeps `number` from being given, even one deleted by hand."""
    row = Extension.objects.of(tenant_id).filter(~_RELEASED, number=number).first()
    return _to_key(row) if row else None


def find_by_person(tenant_id: int, object_id: str) -> ExtensionKey | None:
    """Return the extension linked to a directory object, whatever its state."""
    row = Extension.objects.of(tenant_id).filter(directory_object_id=object_id).first()
    return _to_key(row) if row else None


def find_local_by_mail(tenant_id: int, mails: Iterable[str]) -> dict[str, ExtensionKey]:
    """Return the hand-made extensions with these mail addresses (folded), by address."""
    wanted = set(mails)
    rows = Extension.objects.of(tenant_id).filter(source=Extension.Source.LOCAL).exclude(email="")
    folded = rows.annotate(folded=Lower("email")).filter(folded__in=wanted).order_by("-number")
    return {row.email.casefold(): _to_key(row) for row in folded}


def business_phones(tenant_id: int) -> Iterator[tuple[int, int, str, str]]:
    """Yield id, number, name and business phone of the extensions that have one, by number."""
    rows = Extension.objects.of(tenant_id).filter(~_RELEASED, deleted_at__isnull=True)
    columns = (
        rows.exclude(business_phone="")
        .order_by("number")
        .values_list("id", "number", "display_name", "business_phone")
    )
    yield from columns.iterator(2000)


def _to_key(row: Extension) -> ExtensionKey:
    return ExtensionKey(
        id=row.pk,
        number=row.number,
        state=row.state,
        source=row.source,
        display_name=row.display_name,
        email=row.email,
        directory_object_id=row.directory_object_id,
        deleted=row.deleted_at is not None,
    )


def count_by_state(tenant_id: int) -> dict[str, int]:
    """Count the directory's people by the state of their extension."""
    rows = Extension.objects.of(tenant_id).filter(
        source=Extension.Source.MICROSOFT365, deleted_at__isnull=True
    )
    return {
        str(state): count for state, count in rows.values_list("state").annotate(count=Count("*"))
    }


def _hex(photo: Photo) -> str | None:
    return bytes(photo.sha256).hex() if photo.sha256 is not None else None


def _to_view(extension: Extension, photo_sha256: str | None) -> ExtensionView:
    released = extension.state == Extension.State.RELEASED
    fields = {name: getattr(extension, name) or None for name in PROFILE_FIELDS}
    return ExtensionView(
        number=None if released else str(extension.number),
        state=extension.state,
        source=extension.source,
        directory_object_id=extension.directory_object_id,
        photo_sha256=photo_sha256,
        **fields,
    )
