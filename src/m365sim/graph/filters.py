"""$filter as a predicate over properties, and whether it needs the advanced index. Contract c.2."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from m365sim.answers import GraphError
from m365sim.graph.options import bad_request

TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<word>[A-Za-z0-9_$@.][\w$@.:+-]*(?:/[\w$]+)*)|(?P<mark>[(),:]))"
)
Scope = Mapping[str, object]
Predicate = Callable[[Scope], bool]
LAMBDA = re.compile(r"^(?P<variable>\w+):(?P<rest>.*)$")


@dataclass(frozen=True, slots=True)
class Filter:
    """A parsed filter."""

    matches: Predicate
    advanced: bool
    properties: frozenset[str]


def parse_filter(text: str) -> Filter:
    """Parse a filter; 400 for one that is not well formed."""
    parser = _Parser(text)
    predicate = parser.alternatives()
    parser.end()
    return Filter(predicate, parser.advanced, frozenset(parser.properties))


def unsupported_query(message: str = "Unsupported Query.") -> GraphError:
    """Refuse a query that Graph understands but does not serve this way."""
    return bad_request(message, code="Request_UnsupportedQuery")


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._at = 0
        self._variables: list[str] = []
        self.advanced = False
        self.properties: set[str] = set()

    def alternatives(self) -> Predicate:
        branches = [self._conjunction()]
        while self._accept("or"):
            branches.append(self._conjunction())
        return branches[0] if len(branches) == 1 else lambda scope: any(b(scope) for b in branches)

    def end(self) -> None:
        if self._at != len(self._tokens):
            raise _malformed()

    def _conjunction(self) -> Predicate:
        terms = [self._term()]
        while self._accept("and"):
            terms.append(self._term())
        return terms[0] if len(terms) == 1 else lambda scope: all(term(scope) for term in terms)

    def _term(self) -> Predicate:
        if self._accept("not"):
            self.advanced = True
            inner = self._term()
            return lambda scope: not inner(scope)
        if self._accept("("):
            inner = self.alternatives()
            self._expect(")")
            return inner
        word = self._next()
        if word.lower() in ("startswith", "endswith") and self._accept("("):
            return self._function(word.lower())
        if word.lower().endswith("/any") and self._accept("("):
            return self._any(word[: -len("/any")])
        return self._comparison(word)

    def _function(self, name: str) -> Predicate:
        path = self._path(self._next())
        self._expect(",")
        wanted = str(self._literal(self._next())).lower()
        self._expect(")")
        if name == "endswith":
            self.advanced = True
            return lambda scope: str(path(scope) or "").lower().endswith(wanted)
        return lambda scope: str(path(scope) or "").lower().startswith(wanted)

    def _any(self, collection: str) -> Predicate:
        elements = self._path(collection)
        variable = self._next()
        self._expect(":")
        self._variables.append(variable)
        inner = self.alternatives()
        self._variables.pop()
        self._expect(")")

        def matches(scope: Scope) -> bool:
            found = elements(scope)
            return isinstance(found, list) and any(inner({**scope, variable: one}) for one in found)

        return matches

    def _comparison(self, word: str) -> Predicate:
        path = self._path(word)
        operator = self._next().lower()
        if operator == "in":
            self._expect("(")
            choices = [_folded(self._literal(self._next()))]
            while self._accept(","):
                choices.append(_folded(self._literal(self._next())))
            self._expect(")")
            return lambda scope: _folded(path(scope)) in choices
        if operator not in ("eq", "ne"):
            raise unsupported_query()
        wanted = _folded(self._literal(self._next()))
        self.advanced |= operator == "ne" or wanted is None or word.endswith("/$count")
        if operator == "ne":
            return lambda scope: _folded(path(scope)) != wanted
        return lambda scope: _folded(path(scope)) == wanted

    def _path(self, word: str) -> Callable[[Scope], object]:
        steps = word.split("/")
        if steps[0] not in self._variables:
            self.properties.add(steps[0])

        def value(scope: Scope) -> object:
            found: object = scope
            for step in steps:
                if step == "$count":
                    found = len(found) if isinstance(found, list) else 0
                else:
                    found = found.get(step) if isinstance(found, Mapping) else None
            return found

        return value

    def _literal(self, token: str) -> object:
        if token.startswith("'"):
            return token[1:-1].replace("''", "'")
        if token.lower() in ("true", "false", "null"):
            return {"true": True, "false": False, "null": None}[token.lower()]
        return int(token) if token.isdigit() else token

    def _accept(self, token: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at].lower() == token:
            self._at += 1
            return True
        return False

    def _expect(self, token: str) -> None:
        if not self._accept(token):
            raise _malformed()

    def _next(self) -> str:
        if self._at >= len(self._tokens):
            raise _malformed()
        self._at += 1
        return self._tokens[self._at - 1]


def _tokens(text: str) -> list[str]:
    found: list[str] = []
    at = 0
    while at < len(text.rstrip()):
        match = TOKEN.match(text, at)
        if match is None:
            raise _malformed()
        token = match.group().strip()
        lambda_variable = LAMBDA.match(token) if match.group("word") else None
        if lambda_variable and found[-1:] == ["("]:
            found += [lambda_variable["variable"], ":"]
            at = match.end() - len(lambda_variable["rest"])
        else:
            found.append(token)
            at = match.end()
    return found


def _folded(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _malformed() -> GraphError:
    return bad_request("Invalid filter clause", code="BadRequest")
