"""Contacts of a generated mailbox. Speed matters: a million of them may be read in one run."""

from hashlib import blake2b

from m365sim.generator.names import WORDS, dialled, spelled
from m365sim.state.contents import DEFAULT_FOLDER, Contents

GIVEN_NAMES, SURNAMES, TITLES = WORDS.given_names, WORDS.surnames, WORDS.titles
COMPANY_STEMS, COMPANY_TRADES = WORDS.company_stems, WORDS.company_trades
STREETS, REGIONS = WORDS.streets, WORDS.regions
FOLDER_NAMES = (
    "Customers",
    "Europe",
    "Suppliers",
    "Materials",
    "Private",
    "Club",
    "Press",
    "Events",
)
CREATED_AT = "2024-05-06T07:08:09Z"


def fill_mailbox(contents: Contents, key: bytes, *, contacts: int, folders: int) -> None:
    """Put contacts into a mailbox, spread over its folders."""
    places = [DEFAULT_FOLDER]
    for number in range(folders):
        parent = places[-1] if number % 2 else DEFAULT_FOLDER
        repeated = number // len(FOLDER_NAMES)
        name = FOLDER_NAMES[number % len(FOLDER_NAMES)] + (f" {repeated + 1}" if repeated else "")
        places.append(contents.furnish(name, parent))
    for number in range(contacts):
        folder = places[number % len(places)]
        contents.fill(
            folder, make_contact(key, number), created_at=CREATED_AT, modified_at=CREATED_AT
        )


def make_contact(key: bytes, number: int) -> dict[str, object]:
    """Return the properties of one contact."""
    left = int.from_bytes(blake2b(number.to_bytes(4), key=key, digest_size=24).digest())
    left, given = divmod(left, len(GIVEN_NAMES))
    left, surname = divmod(left, len(SURNAMES))
    left, stem = divmod(left, len(COMPANY_STEMS))
    left, trade = divmod(left, len(COMPANY_TRADES))
    left, title = divmod(left, len(TITLES))
    left, place = divmod(left, len(REGIONS))
    left, landline = divmod(left, 10_000)
    left, mobile = divmod(left, 10_000)
    left, street = divmod(left, len(STREETS))
    left, house = divmod(left, 200)
    left, has = divmod(left, 16)
    region = REGIONS[place]
    first, last = GIVEN_NAMES[given], SURNAMES[surname]
    company = f"{COMPANY_STEMS[stem]} {COMPANY_TRADES[trade]}"
    host = f"{COMPANY_STEMS[stem].lower()}-{COMPANY_TRADES[trade].lower()}.example"
    name = f"{first} {last}"
    properties: dict[str, object] = {
        "displayName": name,
        "givenName": first,
        "surname": last,
        "fileAs": f"{last}, {first}",
        "companyName": company,
        "jobTitle": TITLES[title],
        "emailAddresses": [{"name": name, "address": f"{spelled(first)}.{spelled(last)}@{host}"}],
        "businessPhones": [dialled(region.landline, landline)],
        "businessAddress": {
            "street": f"{STREETS[street]} {house + 1}",
            "city": region.city,
            "countryOrRegion": region.name,
        },
    }
    if has & 1:
        properties["mobilePhone"] = dialled(region.mobile, mobile)
    if has == 2:  # noqa: PLR2004 - one in sixteen
        properties["homePhones"] = [dialled(region.landline, mobile)]
    if has == 4:  # noqa: PLR2004 - one in sixteen
        properties["categories"] = ["Key account"]
    return properties
