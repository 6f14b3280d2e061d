"""The OpenAPI subset of the contract as a judge of recorded requests and answers."""

import json
import os
import re
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("ROLLCALL_SHARED", ROOT.parent / "shared"))
OPENAPI = SHARED / "contracts" / "microsoft" / "openapi-subset.json"
GOOD = 300
VALIDATOR: Any = import_module("jsonschema").Draft202012Validator  # it comes without types


@dataclass(frozen=True)
class Spoken:
    """A request and its answer, alone or out of a batch."""

    method: str
    path: str
    """Below the version, with the query."""
    request: object
    """The body, or None."""
    status: int
    content_type: str
    body: object


class Contract:
    """Says what is wrong with an exchange."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        self._validators: dict[str, Any] = {}
        self._templates = sorted(
            ((template, _pattern(template)) for template in document["paths"]),
            key=lambda pair: pair[0].count("{"),
        )
        self.used: set[str] = set()

    def template(self, path: str) -> str | None:
        """Return the path of the document that a path means."""
        bare = path.partition("?")[0]
        return next((name for name, pattern in self._templates if pattern.match(bare)), None)

    def complaints(self, spoken: Spoken) -> Iterator[str]:
        """Yield everything that is wrong with an exchange."""
        template = self.template(spoken.path)
        if template is None:
            yield "no such path"
            return
        self.used.add(f"{spoken.method} {template}")
        operation = self._document["paths"][template].get(spoken.method.lower())
        if operation is None:
            yield "no such method"
            return
        if spoken.status < GOOD:
            yield from self._query(operation, spoken.path)
            yield from self._request(operation, spoken)
        yield from self._answer(operation, spoken)

    def _query(self, operation: dict[str, Any], path: str) -> Iterator[str]:
        known = {one["name"]: one["schema"] for one in self._parameters(operation)}
        for name, text in parse_qsl(path.partition("?")[2]):
            if name not in known:
                yield f"no such option: {name}"
                continue
            yield from self._check(known[name], _read(known[name], text), name)

    def _parameters(self, operation: dict[str, Any]) -> Iterator[dict[str, Any]]:
        for one in operation.get("parameters", []):
            if "$ref" in one:
                yield self._document["components"]["parameters"][one["$ref"].rpartition("/")[2]]
            else:
                yield one

    def _request(self, operation: dict[str, Any], spoken: Spoken) -> Iterator[str]:
        wanted = operation.get("requestBody")
        if wanted is not None:
            schema = wanted["content"]["application/json"]["schema"]
            yield from self._check(schema, spoken.request, "request")

    def _answer(self, operation: dict[str, Any], spoken: Spoken) -> Iterator[str]:
        answers = operation["responses"]
        found = answers.get(str(spoken.status)) or answers.get(f"{spoken.status // 100}XX")
        if found is None:
            yield f"no such status: {spoken.status}"
            return
        if "$ref" in found:
            found = self._document["components"]["responses"]["error"]
        content = found["content"]
        kind = spoken.content_type.partition(";")[0]
        if kind not in content:
            yield f"no such content type: {kind}"
        else:
            yield from self._check(content[kind]["schema"], spoken.body, "answer")

    def _check(self, schema: dict[str, Any], value: object, what: str) -> Iterator[str]:
        key = json.dumps(schema, sort_keys=True)
        if key not in self._validators:
            whole = {**schema, "components": self._document["components"]}
            self._validators[key] = VALIDATOR(whole)
        for error in self._validators[key].iter_errors(value):
            yield f"{what}{error.json_path[1:]}: {error.message[:300]}"


def read_contract() -> Contract | None:
    """Return the contract, None where it is not there."""
    if not OPENAPI.exists():
        return None
    return Contract(json.loads(OPENAPI.read_text("utf-8")))


def parsed(content_type: str, body: str) -> object:
    """Read a recorded body."""
    if content_type.startswith("application/json"):
        return json.loads(body)
    if content_type.startswith("text/"):
        return body
    return b64decode(body).decode("latin-1")


def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{[^}]+\}", template)
    return re.compile("^" + "[^/]+".join(re.escape(part) for part in parts) + "$")


def _read(schema: dict[str, Any], text: str) -> object:
    match schema.get("type"):
        case "array":
            return unquote(text).split(",")
        case "integer":
            return int(text)
        case "boolean":
            return text == "true"
        case _:
            return text
