"""Microsoft's documented examples, each a file: a request, and the answer to it if there is one."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

FILES = "[0-9]*.json"
NUMBERED = re.compile(r"\d+-(?P<page>.+)\.json\Z")
VERSION = re.compile(r"\A/(v1\.0|beta)(?=/|\Z)")


class Header(Struct, frozen=True):
    """What was asked, and how it was answered."""

    source: str
    method: str | None = None
    url: str | None = None
    status: int | None = None
    kind: str | None = None
    request_headers: Mapping[str, str] = {}
    response_headers: Mapping[str, str] = {}
    request_body: msgspec.Raw = msgspec.Raw(b"")


class _File(Struct, frozen=True):
    header: Header
    response: msgspec.Raw = msgspec.Raw(b"")
    representation: msgspec.Raw = msgspec.Raw(b"")
    request_body: msgspec.Raw = msgspec.Raw(b"")


class Example(Struct, frozen=True):
    """One example. `body` is the answer as it is (a resource's description counts as one), `sent`
    the body of the request; b"" where there is none."""

    file: str
    header: Header
    body: bytes
    sent: bytes

    @property
    def plain(self) -> Any:
        """The answer, read by Python's own json: what the adapter is compared with."""
        return json.loads(self.body or b"null")

    @property
    def asked(self) -> Any:
        """The body of the request, read the same way."""
        return json.loads(self.sent or b"null")

    @property
    def topic(self) -> str:
        """The page that it is from, as the file's name says."""
        found = NUMBERED.match(self.file)
        assert found, self.file
        return found["page"]

    @property
    def path(self) -> str:
        """The path that was asked for, below the version, in lower case; "" if none is given."""
        parts = urlsplit(self.header.url or "")
        return VERSION.sub("", parts.path).rstrip("/").lower()

    @property
    def query(self) -> str:
        """What was asked for behind the question mark."""
        return urlsplit(self.header.url or "").query


def read_examples(folder: Path) -> Iterator[Example]:
    """Yield all examples of a folder."""
    for path in sorted(folder.glob(FILES)):
        file = msgspec.json.decode(path.read_bytes(), type=_File)
        yield Example(
            file=path.name,
            header=file.header,
            body=bytes(file.response) or bytes(file.representation),
            sent=bytes(file.request_body) or bytes(file.header.request_body),
        )
