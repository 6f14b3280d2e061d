"""Countries and time zones to choose from, as the database that comes along knows them."""

import zoneinfo
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

import phonenumbers

OUR_COUNTRIES: Final = {"AC": "Ascension Island", "TA": "Tristan da Cunha", "XK": "Kosovo"}
"""Countries with a dialling code of their own that ISO 3166 does not list."""

REGIONS: Final = (
    *("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe"),
    *("Indian", "Pacific"),
)
"""The parts of the world by which zones are named; other names are older ones for the same."""


@cache
def countries() -> Mapping[str, str]:
    """Return the countries whose numbers we can dial: letters and English name, by name."""
    lines = (files("tzdata") / "zoneinfo" / "iso3166.tab").read_text(encoding="utf-8").splitlines()
    listed = dict(line.split("\t", 1) for line in lines if line and not line.startswith("#"))
    names = {**listed, **OUR_COUNTRIES}
    known = {code: names.get(code, code) for code in phonenumbers.SUPPORTED_REGIONS}
    return dict(sorted(known.items(), key=lambda each: each[1].casefold()))


@cache
def time_zones() -> Mapping[str, tuple[str, ...]]:
    """Return the names of the time zones by part of the world; UTC stands alone, under “”."""
    names = zoneinfo.available_timezones()
    zones = {
        region: tuple(sorted(name for name in names if name.startswith(f"{region}/")))
        for region in REGIONS
    }
    return {"": ("UTC",), **zones}
