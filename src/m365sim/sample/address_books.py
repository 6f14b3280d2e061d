"""The address books of the sample company: partners in shared mailboxes, own contacts in others."""

from m365sim.generator.names import dialled, spelled
from m365sim.sample.tables import CONTACTS, NAMES, PARTNERS, ContactRow, PartnerRow, SharedMailbox
from m365sim.seeds import Dice
from m365sim.state.contents import DEFAULT_FOLDER, Contents

SEED = "contoso"
"""The address books are the same under every name the company is given."""
SINCE = "2023-11-06T09:30:00Z"


def partner_contacts(contents: Contents, mailbox: SharedMailbox) -> None:
    """Put folders and partners' people into a shared mailbox."""
    folders = {"": DEFAULT_FOLDER}
    for path in mailbox.folders:
        parent, _, name = path.rpartition("/")
        folders[path] = contents.furnish(name, folders[parent])
    for partner in PARTNERS:
        if partner.mailbox == mailbox.name:
            for place in range(partner.people):
                _fill(contents, folders[partner.folder], _partner_contact(partner, place))


def own_contacts(contents: Contents, owner: str) -> None:
    """Put somebody's own contacts into their mailbox."""
    for row in CONTACTS:
        if row.owner == owner:
            _fill(contents, DEFAULT_FOLDER, _own_contact(row))


def _fill(contents: Contents, folder: int, properties: dict[str, object]) -> None:
    contents.fill(folder, properties, created_at=SINCE, modified_at=SINCE)


def _partner_contact(partner: PartnerRow, place: int) -> dict[str, object]:
    country = NAMES.places[partner.place]
    dice = Dice(SEED, "partner", partner.name)
    first = dice.below(len(country.given))
    last = dice.below(len(country.surname))
    own = Dice(SEED, partner.name, place)
    # Strides of 3 and 5 keep the people of one company different from each other.
    given = country.given[(first + 3 * place) % len(country.given)]
    surname = country.surname[(last + 5 * place) % len(country.surname)]
    titles = NAMES.titles[partner.trade]
    name = f"{given} {surname}"
    properties: dict[str, object] = {
        "displayName": name,
        "givenName": given,
        "surname": surname,
        "fileAs": f"{surname}, {given}",
        "companyName": partner.name,
        "jobTitle": titles[place % len(titles)],
        "businessPhones": [dialled(own.pick(country.landline), own.below(10_000))],
        "emailAddresses": [
            {"name": name, "address": f"{spelled(given)}.{spelled(surname)}@{partner.host}"}
        ],
        "businessAddress": {
            "street": f"{country.street} {dice.below(90) + 1}",
            "city": country.city,
            "countryOrRegion": country.country,
        },
    }
    if own.chance(0.55):
        properties["mobilePhone"] = dialled(own.pick(country.mobile), own.below(10_000))
    if own.chance(0.1):
        properties["businessPhones"] = [
            dialled(country.landline[0], own.below(10_000)),
            f"{dialled(country.landline[0], own.below(10_000))} ext. {100 + own.below(900)}",
        ]
    if own.chance(0.15):
        properties["categories"] = ["Key account" if place == 0 else "Newsletter"]
    return properties


def _own_contact(row: ContactRow) -> dict[str, object]:
    name = " ".join(part for part in (row.given, row.surname) if part)
    filed = ", ".join(part for part in (row.surname, row.given) if part)
    properties: dict[str, object] = {"displayName": name, "fileAs": filed}
    texts = {
        "givenName": row.given,
        "surname": row.surname,
        "companyName": row.company,
        "mobilePhone": row.mobile,
    }
    properties |= {key: value for key, value in texts.items() if value}
    if row.business:
        properties["businessPhones"] = [row.business]
    if row.home:
        properties["homePhones"] = [row.home]
    if row.mail:
        properties["emailAddresses"] = [{"name": name, "address": row.mail}]
    return properties
