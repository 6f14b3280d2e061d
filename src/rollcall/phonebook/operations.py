"""Change contacts."""

from rollcall.phonebook.models import AddressBook, Contact


def forget_owner(tenant_id: int, extension_id: int) -> None:
    """Delete a person's own contacts and the address book they came from."""
    AddressBook.objects.of(tenant_id).filter(owner_id=extension_id).delete()
    Contact.objects.of(tenant_id).filter(owner_id=extension_id).delete()
