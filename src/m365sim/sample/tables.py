"""The tables of the sample company, read out of the files beside this one."""

import csv
import tomllib
from importlib.resources import files

import msgspec
from msgspec import Struct


class PersonRow(Struct, frozen=True):
    """A line of people.csv; `mark` holds words such as photo, disabled, nomail."""

    given: str
    surname: str
    display: str
    title: str
    department: str
    office: str
    phone: str
    mobile: str
    mark: str
    nickname: str
    """Before the @ of the address, where it does not follow from the name."""

    @property
    def name(self) -> str:
        """The display name."""
        return self.display or f"{self.given} {self.surname}"

    def has(self, word: str) -> bool:
        """Say whether the line is marked with a word."""
        return word in self.mark.split()


class Office(Struct, frozen=True):
    """Where people work."""

    key: str
    city: str
    country: str
    usage: str
    language: str
    street: str
    postal: str
    state: str = ""


class Guest(Struct, frozen=True):
    """Somebody from another company who was invited."""

    given: str
    surname: str
    mail: str
    company: str
    photo: bool


class Room(Struct, frozen=True):
    """A room that can be booked."""

    name: str
    nickname: str
    office: str


class SharedMailbox(Struct, frozen=True):
    """A mailbox that several people use, with its folders as paths."""

    name: str
    nickname: str
    folders: tuple[str, ...]


class GroupRow(Struct, frozen=True):
    """A group of whole departments, offices (both, where both are given) or other groups."""

    name: str
    nickname: str
    departments: tuple[str, ...] = ()
    offices: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


class Company(Struct, frozen=True):
    """All of contoso.toml."""

    offices: tuple[Office, ...]
    guests: tuple[Guest, ...]
    rooms: tuple[Room, ...]
    shared: tuple[SharedMailbox, ...]
    groups: tuple[GroupRow, ...]


class PartnerRow(Struct, frozen=True):
    """A line of companies.csv: a partner with some people, in a folder of a shared mailbox."""

    mailbox: str
    folder: str
    name: str
    host: str
    trade: str
    place: str
    people: int


class ContactRow(Struct, frozen=True):
    """A line of contacts.csv: somebody's own contact, numbers as people type them."""

    owner: str
    given: str
    surname: str
    company: str
    business: str
    home: str
    mobile: str
    mail: str


class Place(Struct, frozen=True):
    """Names and number patterns of a country."""

    given: tuple[str, ...]
    surname: tuple[str, ...]
    city: str
    country: str
    street: str
    landline: tuple[str, ...]
    mobile: tuple[str, ...]


class Names(Struct, frozen=True):
    """All of names.toml."""

    places: dict[str, Place]
    titles: dict[str, tuple[str, ...]]


def _text(name: str) -> str:
    return files("m365sim.sample").joinpath(name).read_text("utf-8")


def _rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(_text(name).splitlines(), delimiter=";"))


PEOPLE = msgspec.convert(_rows("people.csv"), tuple[PersonRow, ...])
PARTNERS = msgspec.convert(_rows("companies.csv"), tuple[PartnerRow, ...], strict=False)
CONTACTS = msgspec.convert(_rows("contacts.csv"), tuple[ContactRow, ...])
COMPANY = msgspec.convert(tomllib.loads(_text("contoso.toml")), Company)
NAMES = msgspec.convert(tomllib.loads(_text("names.toml")), Names)
