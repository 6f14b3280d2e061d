"""Every address that the web server answers, as the resolver knows it."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.core.exceptions import ImproperlyConfigured
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern

from rollcall.web.audience import audience_of


@dataclass(frozen=True)
class Route:
    """An address, with what it takes, and for whom its view is."""

    pattern: str
    name: str
    takes: tuple[str, ...]
    audience: str
    methods: tuple[str, ...]

    def address(self, values: dict[str, object]) -> str:
        """Return the address with these values in it."""
        address = "/" + self.pattern
        for name in self.takes:
            for converter in ("slug", "int", "str", "uuid"):
                address = address.replace(f"<{converter}:{name}>", str(values[name]))
        assert "<" not in address, self.pattern
        return address


def all_routes() -> list[Route]:
    """Return every route, by its pattern."""
    return sorted(_walk(get_resolver(), "", ()), key=lambda route: route.pattern)


def _walk(resolver: URLResolver, prefix: str, takes: tuple[str, ...]) -> Iterator[Route]:
    for entry in resolver.url_patterns:
        assert isinstance(entry.pattern, RoutePattern), f"{entry.pattern} is no plain route"
        pattern = prefix + str(entry.pattern)
        names = takes + tuple(entry.pattern.converters)
        if isinstance(entry, URLResolver):
            yield from _walk(entry, pattern, names)
        elif isinstance(entry, URLPattern):
            view = entry.callback
            try:
                audience = audience_of(view).value
            except ImproperlyConfigured:
                audience = ""
            methods = tuple(getattr(view, "methods", ()))
            yield Route(pattern, entry.name or "", names, audience, methods)
