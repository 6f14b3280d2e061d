"""Decide about people beforehand: link, separate; and delete their extensions.

Links and separations take effect with the next run, which is the one writer of what is
synchronised; a preview shows them first.
"""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from rollcall.audit.operations import note
from rollcall.core.errors import SetupError
from rollcall.integrations.models import LinkDecision
from rollcall.integrations.people import DirectoryPerson, find_person
from rollcall.integrations.settling import settle_later
from rollcall.phonebook.operations import forget_owner
from rollcall.telephony import operations as telephony
from rollcall.telephony.queries import find_by_person, get_key


@transaction.atomic
def link_person(
    tenant_id: int, integration_id: int, *, number: int, person: str, actor: str
) -> DirectoryPerson:
    """Let the next run link the hand-made extension `number` to `person`."""
    extension = get_key(tenant_id, number)
    if extension.source != "local":
        sentence = _("Extension %(number)s is linked to %(who)s already.")
        words = {"number": number, "who": extension.display_name}
        raise SetupError(sentence % words, code="linked")
    found = find_person(tenant_id, person)
    current = find_by_person(tenant_id, found.object_id)
    if current is not None:
        sentence = (
            _("%(who)s has %(number)s already (released). A person has one extension.")
            if current.state == "released"
            else _("%(who)s has %(number)s already. A person has one extension.")
        )
        words = {"who": found.display_name, "number": current.number}
        raise SetupError(sentence % words, code="has-extension")
    _decide(tenant_id, integration_id, found, extension.id, actor)
    note(
        actor=actor,
        action="person.linked",
        subject=found.object_id,
        tenant_id=tenant_id,
        detail={"extension": number},
    )
    return found


@transaction.atomic
def separate_person(
    tenant_id: int, integration_id: int, *, person: str, actor: str
) -> tuple[DirectoryPerson, int | None]:
    """Let `person` have an extension of their own.

    Somebody who waits for a decision gets a new number with the next run. Somebody who is linked
    is unlinked: that extension stays as a hand-made one; its number is returned.
    """
    found = find_person(tenant_id, person)
    current = find_by_person(tenant_id, found.object_id)
    if current is not None and current.state == "released":
        sentence = _("%(who)s has no number at present: there is nothing to separate.")
        raise SetupError(sentence % {"who": found.display_name}, code="released")
    if current is not None:
        forget_owner(tenant_id, current.id)
        telephony.unlink_person(tenant_id, current.id)
        settle_later(tenant_id)
    _decide(tenant_id, integration_id, found, None, actor)
    note(actor=actor, action="person.separated", subject=found.object_id, tenant_id=tenant_id)
    stays = current is not None and not current.deleted
    return found, current.number if current is not None and stays else None


def _decide(
    tenant_id: int,
    integration_id: int,
    person: DirectoryPerson,
    extension_id: int | None,
    actor: str,
) -> None:
    decisions = LinkDecision.objects.of(tenant_id)
    if extension_id is not None:
        decisions.filter(extension_id=extension_id).delete()
    decisions.update_or_create(
        integration_id=integration_id,
        object_id=person.object_id,
        defaults={
            "tenant_id": tenant_id,
            "extension_id": extension_id,
            "decided_by": actor,
        },
    )


@transaction.atomic
def delete_extension(tenant_id: int, number: int, *, actor: str, now: datetime) -> str:
    """Delete an extension; return what becomes of its number: freed, kept or released."""
    extension = get_key(tenant_id, number)
    outcome = telephony.delete_extension(tenant_id, number, now=now)
    if outcome == "released":
        forget_owner(tenant_id, extension.id)
    note(
        actor=actor,
        action="extension.deleted",
        subject=str(number),
        tenant_id=tenant_id,
        detail={"number": outcome},
    )
    return outcome
