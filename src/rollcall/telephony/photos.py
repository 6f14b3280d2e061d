"""Photos of extensions: as they are served, and by hand where no directory has one."""

from collections.abc import Iterable
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from rollcall.core.errors import SetupError
from rollcall.sync.pictures import PictureError, encode_picture, picture_digest
from rollcall.telephony.models import Extension, Photo

BY_HAND: Final = "by-hand"
"""The tag of a photo that no directory has."""


def find_photo(tenant_id: int, extension_id: int) -> bytes | None:
    """Return the JPEG of an extension's photo, if it has one."""
    photos = Photo.objects.of(tenant_id).filter(extension_id=extension_id)
    found = photos.values_list("content", flat=True).first()
    return bytes(found) if found is not None else None


def find_photo_digest(tenant_id: int, extension_id: int) -> str | None:
    """Return the digest of an extension's photo, if it has one: what a browser asks for again."""
    photos = Photo.objects.of(tenant_id).filter(extension_id=extension_id)
    found = photos.values_list("sha256", flat=True).first()
    return bytes(found).hex() if found is not None else None


def faces_of(tenant_id: int, object_ids: Iterable[str]) -> dict[str, tuple[int, str]]:
    """Return extension and photo's digest of those people of the directory who have a photo."""
    wanted = Extension.objects.of(tenant_id).filter(directory_object_id__in=list(object_ids))
    people = dict(wanted.values_list("id", "directory_object_id"))
    photos = Photo.objects.of(tenant_id).filter(extension_id__in=people, sha256__isnull=False)
    return {
        str(people[extension_id]): (extension_id, bytes(digest or b"").hex())
        for extension_id, digest in photos.values_list("extension_id", "sha256")
    }


@transaction.atomic
def set_photo(tenant_id: int, extension_id: int, content: bytes) -> None:
    """Give a hand-made extension a photo; raise SetupError if the bytes are no picture."""
    _check_local(tenant_id, extension_id)
    try:
        picture = encode_picture(content)
    except PictureError as error:
        sentence = _("%(why)s Choose a JPEG, PNG, GIF, WebP or BMP.") % {"why": error}
        raise SetupError(sentence, code="photo") from error
    Photo.objects.of(tenant_id).filter(extension_id=extension_id).delete()
    Photo(
        extension_id=extension_id,
        tenant_id=tenant_id,
        tag=BY_HAND,
        sha256=picture_digest(picture),
        content=picture,
    ).save(force_insert=True)


@transaction.atomic
def drop_photo(tenant_id: int, extension_id: int) -> None:
    """Take the photo from a hand-made extension."""
    _check_local(tenant_id, extension_id)
    Photo.objects.of(tenant_id).filter(extension_id=extension_id).delete()


def _check_local(tenant_id: int, extension_id: int) -> None:
    rows = Extension.objects.of(tenant_id).filter(pk=extension_id, source=Extension.Source.LOCAL)
    if not rows.exists():
        raise SetupError(
            _("The photo of this person comes from Microsoft 365: change it there."),
            code="synchronised",
        )
