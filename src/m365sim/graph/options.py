"""The query options and Prefer header of a request, read once."""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote

from m365sim.answers import GraphError

PREFERENCE = re.compile(r'\s*([^\s=,;]+)\s*(?:=\s*("[^"]*"|[^,;]*))?\s*(?:[,;]|$)')


@dataclass(frozen=True, slots=True)
class Prefer:
    """What the Prefer header asks for, as far as Graph knows it."""

    immutable_ids: bool = False
    page_size: int | None = None
    minimal: bool = False


@dataclass(frozen=True, slots=True)
class Options:
    """Query options by lower-case name; values are decoded."""

    values: dict[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str | None:
        """Return an option, None when it is not there."""
        return self.values.get(name)

    def number(self, name: str, *, least: int, most: int, otherwise: int) -> int:
        """Return a numeric option; 400 when it is outside its bounds."""
        text = self.values.get(name)
        if text is None:
            return otherwise
        if not text.isdigit() or not least <= int(text) <= most:
            if name == "$top":
                message = (
                    f"Invalid page size specified: '{text}'. "
                    f"Must be between {least} and {most} inclusive."
                )
            else:
                message = f"Invalid value '{text}' for {name} query option found."
            raise bad_request(message)
        return int(text)

    def flag(self, name: str) -> bool:
        """Return an option that is true or false."""
        text = self.values.get(name, "false").lower()
        if text not in ("true", "false"):
            raise bad_request(f"Invalid value '{text}' for {name} query option found.")
        return text == "true"

    def names(self, name: str) -> tuple[str, ...]:
        """Return an option that lists names with commas."""
        text = self.values.get(name)
        return (
            () if text is None else tuple(part.strip() for part in text.split(",") if part.strip())
        )

    def without(self, *names: str) -> "Options":
        """Return the options but for some."""
        return Options({name: value for name, value in self.values.items() if name not in names})

    def written(self, **more: str) -> str:
        """Write the options, and more with `$` before their names, as a query."""
        every = self.values | {f"${name}": value for name, value in more.items()}
        return "&".join(f"{name}={quote(value, safe=',:()/@!*')}" for name, value in every.items())


def bad_request(message: str, *, code: str = "Request_BadRequest") -> GraphError:
    """Refuse what the client asks."""
    return GraphError(400, code, message)


def unknown_property(name: str, kind: str, *, code: str = "Request_BadRequest") -> GraphError:
    """Refuse a property that a type does not have."""
    return bad_request(f"Could not find a property named '{name}' on type '{kind}'.", code=code)


def read_options(query: str, *, allowed: Collection[str]) -> Options:
    """Read a query; 400 for an option this resource does not have, or one given twice."""
    values: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        key = name.lower()
        if key in values:
            raise bad_request(
                f"Query option '{name}' was specified more than once, "
                "but it must be specified at most once."
            )
        if key not in allowed:
            raise bad_request(f"The query parameter '{name}' is not supported for this request.")
        values[key] = value
    return Options(values)


def read_prefer(header: str | None, *, immutable_ids: bool = False) -> Prefer:
    """Read a Prefer header; what is not known is let pass, as Graph does."""
    if not header:
        return Prefer(immutable_ids=immutable_ids)
    found = {
        m.group(1).lower(): (m.group(2) or "").strip().strip('"')
        for m in PREFERENCE.finditer(header)
    }
    size = found.get("odata.maxpagesize", found.get("maxpagesize", ""))
    return Prefer(
        immutable_ids=immutable_ids or found.get("idtype", "").lower() == "immutableid",
        page_size=int(size) if size.isdigit() and int(size) else None,
        minimal=found.get("return", "").lower() == "minimal",
    )
