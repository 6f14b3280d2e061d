"""People, shared mailboxes and rooms of a generated directory."""

from collections.abc import Sequence

from m365sim.generator.contacts import fill_mailbox
from m365sim.generator.names import WORDS, dialled, spelled
from m365sim.generator.plan import Plan
from m365sim.seeds import Dice, digest, guid
from m365sim.state.contents import Contents
from m365sim.state.mailbox import Mailbox, MailboxKind
from m365sim.state.origin import GroupSeed, Properties
from m365sim.state.photo import Photo

LICENSE = [{"disabledPlans": [], "skuId": "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46"}]
"""Microsoft 365 E3-like: that somebody is licensed at all is what matters."""

DAYS = 10 * 12 * 28
PLACES = (
    len(WORDS.regions),
    len(WORDS.titles),
    len(WORDS.departments),
    len(WORDS.streets),
    120,
    40,
)
NUMBERS = (DAYS, 10_000, 10_000, 10_000, 10_000)


class GeneratedPeople:
    """The beginnings of a directory, computed from its plan."""

    def __init__(self, plan: Plan, domain: str) -> None:
        self._plan = plan
        self._domain = domain
        self.seed = plan.seed
        self.count = plan.people + plan.shared + plan.rooms

    def object_id(self, slot: int) -> str:
        """Return the directory object id of a slot."""
        return guid(self.seed, "user", slot)

    def properties(self, slot: int) -> Properties:
        """Return who has a slot."""
        if slot >= self._plan.people:
            return self._resource(slot - self._plan.people)
        if self._is_guest(slot):
            return self._guest(slot)
        return self._person(slot)

    def mailbox(self, slot: int) -> Mailbox:
        """Return what stands behind a slot in Exchange."""
        plan = self._plan
        if slot >= plan.people + plan.shared:
            place = slot - plan.people - plan.shared
            return Mailbox(kind=MailboxKind.EQUIPMENT if place % 8 == 7 else MailboxKind.ROOM)  # noqa: PLR2004 - every eighth
        if slot >= plan.people:
            return Mailbox(kind=MailboxKind.SHARED)
        absent = self._is_guest(slot) or self._is_mailless(slot)
        return Mailbox(kind=MailboxKind.NONE if absent else MailboxKind.USER)

    def photo(self, slot: int) -> Photo | None:
        """Return the photo of a slot."""
        if slot >= self._plan.people or not self._among(slot, self._plan.photos, stride=7919):
            return None
        return Photo(seed=f"{self.seed}:{slot}", size=(648, 648, 360, 96)[slot % 4])

    def contents(self, slot: int) -> Contents:
        """Return what was in a mailbox."""
        plan = self._plan
        contents = Contents(self.object_id(slot))
        shared = plan.people <= slot < plan.people + plan.shared
        if plan.contacts and (shared or (slot < plan.people and _struck(slot, plan.share))):
            key = digest(self.seed, "contacts", slot)
            fill_mailbox(contents, key, contacts=plan.contacts, folders=plan.folders)
        return contents

    def groups(self) -> Sequence[GroupSeed]:
        """Return the groups of the beginning: teams, and one that holds all teams."""
        names = [f"Team {number + 1}" for number in range(self._plan.groups)]
        step = max(4, self._plan.people // 250)
        teams = [
            GroupSeed(name, tuple(range(place % step, self._plan.people, step)), f"team{place + 1}")
            for place, name in enumerate(names)
        ]
        return [*teams, GroupSeed("Everybody in a team", tuple(names), "teams")] if teams else []

    def _among(self, slot: int, share: float, *, stride: int) -> bool:
        """Say whether somebody is one of a share; strides keep the shares apart from each other."""
        return _struck(slot * stride % max(self._plan.people, 1), share)

    def _is_guest(self, slot: int) -> bool:
        return self._among(slot, self._plan.guests, stride=7907)

    def _is_mailless(self, slot: int) -> bool:
        return self._among(slot, self._plan.mailless, stride=7901)

    def _person(self, slot: int) -> Properties:
        dice = Dice(self.seed, "person", slot)
        given, surname = self._name(dice)
        place, title, department, street, house, office = dice.take(*PLACES)
        born, phone, mobile, fax, extras = dice.take(*NUMBERS)
        region = WORDS.regions[place]
        nickname = f"{spelled(given)}.{spelled(surname)}.{slot}"
        address = f"{nickname}@{self._domain}"
        written: Properties = {
            "displayName": f"{given} {surname}",
            "givenName": given,
            "surname": surname,
            "userPrincipalName": address,
            "mailNickname": nickname,
            "jobTitle": WORDS.titles[title],
            "department": WORDS.departments[department],
            "officeLocation": f"{region.city} {office + 1}",
            "companyName": self._plan.name,
            "city": region.city,
            "country": region.name,
            "streetAddress": f"{WORDS.streets[street]} {house + 1}",
            "preferredLanguage": region.language,
            "usageLocation": region.country,
            "employeeId": str(100_000 + slot),
            "accountEnabled": not self._among(slot, self._plan.disabled, stride=7883),
            "userType": "Member",
            "createdDateTime": _created(born),
            "assignedLicenses": LICENSE,
        }
        # Nine in ten have a telephone, seven a mobile one; of the others every second says so.
        if extras % 10:
            written["businessPhones"] = [dialled(region.landline, phone)]
        elif slot % 2:
            written["businessPhones"] = []
        if extras // 10 % 10 < 7:  # noqa: PLR2004 - seven in ten
            written["mobilePhone"] = dialled(region.mobile, mobile)
        if extras // 100 % 10 == 0:
            written["faxNumber"] = dialled(region.landline, fax)
        if extras // 1000 == 0:
            written["otherMails"] = [f"{nickname}@private.example"]
        if self._among(slot, self._plan.nameless, stride=7879):
            del written["givenName"], written["surname"]
            written["displayName"] = f"Account {slot}"
        return written | self._mail(slot, address, surname)

    def _name(self, dice: Dice) -> tuple[str, str]:
        given, surname = dice.take(len(WORDS.given_names), len(WORDS.surnames))
        return WORDS.given_names[given], WORDS.surnames[surname]

    def _mail(self, slot: int, address: str, surname: str) -> Properties:
        if self._is_mailless(slot):
            return {"assignedLicenses": []}
        alias = f"smtp:{spelled(surname)}{slot}@{self._domain}"
        return {"mail": address, "proxyAddresses": [f"SMTP:{address}", alias]}

    def _guest(self, slot: int) -> Properties:
        dice = Dice(self.seed, "person", slot)
        given, surname = self._name(dice)
        nickname = f"{spelled(given)}.{spelled(surname)}.{slot}"
        mail = f"{nickname}@partner.example"
        return {
            "displayName": f"{given} {surname}",
            "givenName": given,
            "surname": surname,
            "userPrincipalName": f"{mail.replace('@', '_')}#EXT#@{self._domain}",
            "mail": mail,
            "otherMails": [mail],
            "mailNickname": f"{mail.replace('@', '_')}#EXT#",
            "accountEnabled": True,
            "userType": "Guest",
            "creationType": "Invitation",
            "externalUserState": "Accepted",
            "createdDateTime": _created(dice.below(DAYS)),
            "assignedLicenses": [],
        }

    def _resource(self, place: int) -> Properties:
        shared = place < self._plan.shared
        name = f"Shared {place + 1}" if shared else f"Room {place - self._plan.shared + 1}"
        nickname = name.replace(" ", "").lower()
        address = f"{nickname}@{self._domain}"
        return {
            "displayName": name,
            "userPrincipalName": address,
            "mail": address,
            "mailNickname": nickname,
            "proxyAddresses": [f"SMTP:{address}"],
            "accountEnabled": False,
            "userType": "Member",
            "createdDateTime": "2020-01-15T09:00:00Z",
            "assignedLicenses": [],
        }


def _struck(slot: int, share: float) -> bool:
    """Say whether a slot belongs to a share of all, spread evenly and exactly."""
    return int((slot + 1) * share) > int(slot * share)


def _created(day: int) -> str:
    years, days = divmod(day, 12 * 28)
    return f"{2015 + years}-{days // 28 + 1:02}-{days % 28 + 1:02}T08:00:00Z"
