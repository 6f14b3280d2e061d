"""Contoso, the sample company: some sixty people, two shared mailboxes, all of it invented."""

from collections.abc import Sequence

from m365sim.generator.names import spelled
from m365sim.generator.people import LICENSE
from m365sim.sample.address_books import own_contacts, partner_contacts
from m365sim.sample.tables import COMPANY, PEOPLE, Guest, Office, PersonRow, Room, SharedMailbox
from m365sim.seeds import guid, number
from m365sim.state.contents import Contents
from m365sim.state.mailbox import Mailbox, MailboxKind
from m365sim.state.origin import GroupSeed, Properties
from m365sim.state.photo import Photo

Somebody = PersonRow | Guest | Room | SharedMailbox
OFFICES = {office.key: office for office in COMPANY.offices}
EVERYBODY: tuple[Somebody, ...] = (*PEOPLE, *COMPANY.guests, *COMPANY.rooms, *COMPANY.shared)
MISLABELLED = 7
"""Every so many people, the photo's declared type is not the true one, as Exchange does it."""


class Contoso:
    """The beginnings of the sample company; slots follow EVERYBODY."""

    def __init__(self, seed: str, domain: str) -> None:
        self.seed = seed
        self.count = len(EVERYBODY)
        self._domain = domain
        self._nicknames = _nicknames()

    def object_id(self, slot: int) -> str:
        """Return the directory object id of a slot."""
        return guid(self.seed, "user", slot)

    def properties(self, slot: int) -> Properties:
        """Return who has a slot."""
        match EVERYBODY[slot]:
            case PersonRow() as row:
                return self._person(slot, row)
            case Guest() as guest:
                return self._guest(guest)
            case Room() as room:
                office = OFFICES[room.office]
                return self._resource(room) | {"city": office.city, "usageLocation": office.usage}
            case SharedMailbox() as shared:
                return self._resource(shared)

    def mailbox(self, slot: int) -> Mailbox:
        """Return what stands behind a slot in Exchange."""
        match EVERYBODY[slot]:
            case PersonRow() as row:
                return Mailbox(kind=MailboxKind.NONE if row.has("nomail") else MailboxKind.USER)
            case Guest():
                return Mailbox(kind=MailboxKind.NONE)
            case Room():
                return Mailbox(kind=MailboxKind.ROOM)
            case SharedMailbox():
                return Mailbox(kind=MailboxKind.SHARED)

    def photo(self, slot: int) -> Photo | None:
        """Return the photo of a slot."""
        row = EVERYBODY[slot]
        if isinstance(row, Guest) and row.photo:
            return Photo(seed=f"{self.seed}:{slot}", size=240)
        if not isinstance(row, PersonRow):
            return None
        png, initials = row.has("png"), row.has("initials")
        if not (row.has("photo") or png or initials):
            return None
        return Photo(
            seed=f"{self.seed}:{slot}",
            size=(648, 648, 360, 240, 96)[number(self.seed, "size", slot) % 5],
            picture_format="png" if png else "jpeg",
            declared_type="image/jpeg" if png and slot % MISLABELLED == 0 else "",
            initials=f"{row.given[:1]}{row.surname[:1]}" if initials else "",
        )

    def contents(self, slot: int) -> Contents:
        """Return what was in a mailbox."""
        contents = Contents(self.object_id(slot))
        row = EVERYBODY[slot]
        if isinstance(row, SharedMailbox):
            partner_contacts(contents, row)
        elif isinstance(row, PersonRow):
            first = next(place for place, one in enumerate(PEOPLE) if one.name == row.name)
            if first == slot:
                own_contacts(contents, row.name)
        return contents

    def groups(self) -> Sequence[GroupSeed]:
        """Return the groups of the beginning."""
        return [
            GroupSeed(
                group.name,
                group.groups
                or tuple(
                    slot
                    for slot, row in enumerate(PEOPLE)
                    if (not group.departments or row.department in group.departments)
                    and (not group.offices or row.office in group.offices)
                ),
                group.nickname,
            )
            for group in COMPANY.groups
        ]

    def _person(self, slot: int, row: PersonRow) -> Properties:
        office = OFFICES[row.office]
        address = f"{self._nicknames[slot]}@{self._domain}"
        named = {"givenName": row.given, "surname": row.surname, "jobTitle": row.title}
        written: Properties = {
            "displayName": row.name,
            **{name: value for name, value in named.items() if value},
            "userPrincipalName": address,
            "mailNickname": self._nicknames[slot],
            "department": row.department,
            "employeeId": f"C{1000 + slot}",
            "accountEnabled": not row.has("disabled"),
            "userType": "Member",
            "createdDateTime": f"20{16 + slot % 9}-{slot % 12 + 1:02}-{slot % 28 + 1:02}T08:00:00Z",
            "businessPhones": [row.phone] if row.phone else [],
            **_placed(office),
        }
        if row.mobile:
            written["mobilePhone"] = row.mobile
        if row.has("nomail"):
            return written
        alias = f"smtp:{self._nicknames[slot]}@{self._domain.split('.')[0]}.onmicrosoft.com"
        licensed = not row.has("disabled")
        return written | {
            "mail": address,
            "proxyAddresses": [f"SMTP:{address}", alias],
            "assignedLicenses": LICENSE if licensed else [],
        }

    def _guest(self, guest: Guest) -> Properties:
        nickname = f"{guest.mail.replace('@', '_')}#EXT#"
        return {
            "displayName": f"{guest.given} {guest.surname}",
            "givenName": guest.given,
            "surname": guest.surname,
            "userPrincipalName": f"{nickname}@{self._domain.split('.')[0]}.onmicrosoft.com",
            "mailNickname": nickname,
            "mail": guest.mail,
            "otherMails": [guest.mail],
            "proxyAddresses": [f"SMTP:{guest.mail}"],
            "companyName": guest.company,
            "accountEnabled": True,
            "userType": "Guest",
            "creationType": "Invitation",
            "externalUserState": "Accepted",
            "createdDateTime": "2024-02-19T10:15:00Z",
            "assignedLicenses": [],
        }

    def _resource(self, row: Room | SharedMailbox) -> Properties:
        address = f"{row.nickname}@{self._domain}"
        return {
            "displayName": row.name,
            "userPrincipalName": address,
            "mailNickname": row.nickname,
            "mail": address,
            "proxyAddresses": [f"SMTP:{address}"],
            "accountEnabled": False,
            "userType": "Member",
            "createdDateTime": "2019-03-04T09:00:00Z",
            "assignedLicenses": [],
        }


def _placed(office: Office) -> Properties:
    placed: Properties = {
        "companyName": "Contoso",
        "officeLocation": office.city,
        "city": office.city,
        "country": office.country,
        "streetAddress": office.street,
        "postalCode": office.postal,
        "usageLocation": office.usage,
        "preferredLanguage": office.language,
    }
    return placed | ({"state": office.state} if office.state else {})


def _nicknames() -> list[str]:
    """Return the part of each address before the @: names, made different where they are equal."""
    found: list[str] = []
    for row in PEOPLE:
        words = [word for word in (spelled(row.given), spelled(row.surname)) if word]
        plain = row.nickname or ".".join(words) or spelled(row.name)
        again = sum(name.rstrip("0123456789") == plain for name in found)
        found.append(f"{plain}{again + 1}" if again else plain)
    return found


def make_contoso(seed: str, domain: str) -> Contoso:
    """Make the sample company under a domain."""
    return Contoso(seed, domain)
