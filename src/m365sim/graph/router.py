"""Which resource a path means. Contract c.3: functions come in four spellings, casts in two."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum
from urllib.parse import unquote

from m365sim.answers import Answer, GraphError
from m365sim.graph.call import Call
from m365sim.graph.options import bad_request

VARIABLE = "*"
KEYED = re.compile(r"^(?P<name>[\w.$]+)\((?:\w+=(?='))?(?P<key>.*)\)$")
NAMESPACE = re.compile(r"^(microsoft\.)?graph\.", re.IGNORECASE)


class Workload(Enum):
    """The service behind a resource: they differ in errors and limits."""

    DIRECTORY = "directory"
    OUTLOOK = "outlook"


@dataclass(frozen=True, slots=True)
class Route:
    """A resource: how it is called, by whom, and what answers."""

    method: str
    path: str
    """Literal segments and `*` for variable ones."""
    answer: Callable[[Call], Answer]
    workload: Workload
    roles: frozenset[str]
    """Any of these application permissions is enough; an open mailbox may ask for more."""
    options: frozenset[str] = frozenset()
    cost: int = 1
    """Resource units, before $select, $expand and $top. Contract g.1."""


@dataclass(slots=True)
class _Node:
    children: dict[str, "_Node"] = field(default_factory=dict)
    routes: dict[str, Route] = field(default_factory=dict)


class Router:
    """All routes, as a tree of segments."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._root = _Node()
        for route in routes:
            node = self._root
            for segment in route.path.strip("/").split("/"):
                node = node.children.setdefault(segment.lower(), _Node())
            node.routes[route.method] = route

    def find(self, method: str, path: str) -> tuple[Route, tuple[str, ...]]:
        """Return the route of a path below the version, and its variable parts decoded."""
        node = self._root
        arguments: list[str] = []
        for raw in _segments(path):
            segment = unquote(raw)
            child = node.children.get(NAMESPACE.sub("", segment).lower())
            if child is None:
                child = node.children.get(VARIABLE)
                arguments.append(segment)
            if child is None:
                raise _no_such_segment(segment)
            node = child
        if not node.routes:
            raise _no_such_segment(unquote(path.rpartition("/")[2]))
        route = node.routes.get(method)
        if route is None:
            raise GraphError(
                405,
                "Request_BadRequest",
                "Specified HTTP method is not allowed for the request target.",
            )
        return route, tuple(arguments)


def _segments(path: str) -> list[str]:
    """Return the segments of a path, a key in parentheses as a segment of its own."""
    found: list[str] = []
    for segment in path.strip("/").split("/"):
        keyed = KEYED.match(segment) or KEYED.match(unquote(segment))
        if keyed is None:
            found.append(segment)
            continue
        found.append(keyed["name"])
        if keyed["key"]:
            found.append(keyed["key"].strip("'").replace("''", "'"))
    return found


def _no_such_segment(segment: str) -> GraphError:
    return bad_request(f"Resource not found for the segment '{segment}'.", code="BadRequest")
