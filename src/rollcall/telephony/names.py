"""Whose extension it is, for those who know its id: accounts."""

from collections.abc import Collection, Mapping

import msgspec

from rollcall.telephony.models import Extension


class ExtensionName(msgspec.Struct, frozen=True):
    """An extension's number, and the name that it shows."""

    number: int
    display_name: str


def names_of(tenant_id: int, extension_ids: Collection[int]) -> Mapping[int, ExtensionName]:
    """Return the names of extensions by their ids, of those that are there."""
    rows = Extension.objects.of(tenant_id).filter(pk__in=extension_ids, deleted_at__isnull=True)
    found = rows.exclude(state=Extension.State.RELEASED)
    return {
        pk: ExtensionName(number, name)
        for pk, number, name in found.values_list("pk", "number", "display_name")
    }
