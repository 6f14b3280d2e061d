"""People who wait for a word: an extension made by hand has their mail address."""

import msgspec
from django.db import transaction
from django.utils.translation import gettext as _

from rollcall.core.errors import SetupError
from rollcall.integrations.models import DirectoryRecord, LinkDecision, Refusal
from rollcall.integrations.people_operations import link_person, separate_person
from rollcall.telephony.queries import ExtensionKey, find_local_by_mail

PENDING = "link-pending"
SHOWN = 100


class Proposal(msgspec.Struct, frozen=True):
    """A person, the extension that has the mail address, and what was decided already."""

    object_id: str
    name: str
    email: str
    extension: ExtensionKey | None
    decision: str


def list_proposals(tenant_id: int, *, limit: int = SHOWN) -> list[Proposal]:
    """Return the people who wait, by name: no more than `limit`, in four queries."""
    waiting = Refusal.objects.of(tenant_id).filter(reason=PENDING, until_run__isnull=True)
    ids = list(waiting.order_by("id").values_list("object_id", flat=True)[:limit])
    records = DirectoryRecord.objects.of(tenant_id).filter(object_id__in=ids)
    people = list(records.values_list("object_id", "display_name", "email_key"))
    local = find_local_by_mail(tenant_id, [key for _, _, key in people if key])
    decided = {
        object_id: "link" if extension_id else "separate"
        for object_id, extension_id in LinkDecision.objects.of(tenant_id)
        .filter(object_id__in=ids)
        .values_list("object_id", "extension_id")
    }
    found = [
        Proposal(object_id, name, key, local.get(key), decided.get(object_id, ""))
        for object_id, name, key in people
    ]
    return sorted(found, key=lambda each: (each.name.casefold(), each.object_id))


def count_proposals(tenant_id: int) -> int:
    """Count the people who wait."""
    waiting = Refusal.objects.of(tenant_id).filter(reason=PENDING, until_run__isnull=True)
    return waiting.count()


@transaction.atomic
def decide_proposals(
    tenant_id: int, integration_id: int, *, object_ids: list[str], link: bool, actor: str
) -> int:
    """Link or separate the people of these proposals, with the next run; return how many.

    Those that are no proposals, or none any more, are passed over. Raises SetupError for one that
    cannot be decided so; then nothing is.
    """
    wanted = set(object_ids)
    count = 0
    for each in list_proposals(tenant_id):
        if each.object_id not in wanted:
            continue
        if not link:
            separate_person(tenant_id, integration_id, person=each.object_id, actor=actor)
        elif each.extension is None:
            sentence = _("No extension has the mail address of %(who)s any more.")
            raise SetupError(sentence % {"who": each.name}, code="no-proposal")
        else:
            link_person(
                tenant_id,
                integration_id,
                number=each.extension.number,
                person=each.object_id,
                actor=actor,
            )
        count += 1
    return count


def decided_person(tenant_id: int, extension_id: int) -> str:
    """Return the name of the person whom the next run links to an extension; empty for nobody."""
    decisions = LinkDecision.objects.of(tenant_id).filter(extension_id=extension_id)
    object_id = decisions.values_list("object_id", flat=True).first()
    if object_id is None:
        return ""
    records = DirectoryRecord.objects.of(tenant_id).filter(object_id=object_id)
    return records.values_list("display_name", flat=True).first() or object_id
