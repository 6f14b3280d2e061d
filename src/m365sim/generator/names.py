"""The words that generated people, companies and phone numbers are made of, out of words.toml."""

import tomllib
from functools import cache
from importlib.resources import files
from unicodedata import normalize

import msgspec
from msgspec import Struct

UNSPELLABLE = str.maketrans(
    {
        "ø": "o",
        "Ø": "O",
        "ł": "l",
        "Ł": "L",
        "\u0131": "i",
        "ß": "ss",
        "æ": "ae",
        "Þ": "Th",
        "ð": "d",
    }
    | dict.fromkeys("' .", "")
)


class Region(Struct, frozen=True):
    """A country with its language, and number patterns in which `#` is any digit."""

    country: str
    name: str
    city: str
    language: str
    landline: str
    mobile: str


class Words(Struct, frozen=True):
    """All of words.toml."""

    given_names: tuple[str, ...]
    surnames: tuple[str, ...]
    departments: tuple[str, ...]
    titles: tuple[str, ...]
    company_stems: tuple[str, ...]
    company_trades: tuple[str, ...]
    streets: tuple[str, ...]
    regions: tuple[Region, ...]


WORDS = msgspec.convert(
    tomllib.loads(files("m365sim.generator").joinpath("words.toml").read_text("utf-8")), Words
)


@cache
def spelled(name: str) -> str:
    """Return a name in letters that fit into a mail address."""
    plain = normalize("NFKD", name.translate(UNSPELLABLE)).encode("ascii", "ignore").decode()
    return plain.lower()


def dialled(pattern: str, number: int) -> str:
    """Fill the gaps of a number pattern with the digits of a number."""
    template, gaps = _template(pattern)
    return template % tuple(f"{number % 10**gaps:0{gaps}}")


@cache
def _template(pattern: str) -> tuple[str, int]:
    return pattern.replace("#", "%s"), pattern.count("#")
