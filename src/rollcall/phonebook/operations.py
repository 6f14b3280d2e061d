"""Change contacts."""

from rollcall.phonebook.models import AddressBook


def forget_owner(tenant_id: int, extension_id: int) -> None:
    """Delete a person's own contacts, with the books that they are in."""
    AddressBook.objects.of(tenant_id).filter(owner_id=extension_id).delete()
