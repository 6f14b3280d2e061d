"""The pages of docs/ as tests look at them: their texts, their commands, their links."""

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from rollcall.providers.m365.faults import (
    DIRECTORY_DENIED,
    ENTRA,
    ENTRA_ERRORS,
    IDENTITY_UNKNOWN,
    TOKEN_REFUSED,
)

ROOT = Path(__file__).resolve().parents[3]
SOURCE = ROOT / "src" / "rollcall"
DOCS = ROOT / "docs"
HOWTO = DOCS / "howto"

_BLOCK_COMMAND = re.compile(r"\s*(?:\w+=)?(?:\S*/bin/)?rollcall\s+(?P<arguments>.+)")
_SPAN = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\]\((?P<target>[^)\s]+)\)")
_HEADING = re.compile(r"#+ (?P<text>.+)")
_NOT_OF_ANCHOR = re.compile(r"[^\w\- ]")
_PAGE_NAME = re.compile(r"[a-z0-9/-]+\.md")
_FENCE = "```"


def read_page(path: Path) -> str:
    """Return the text of a page."""
    return path.read_text(encoding="utf-8")


def written_pages() -> list[Path]:
    """Return all pages in which commands are examples: not the reference of the commands."""
    return [path for path in sorted(DOCS.rglob("*.md")) if path.name != "commands.md"]


def named_help_pages() -> set[str]:
    """Return the pages that the program sends people to, from docs/howto on."""
    faults = (*ENTRA.values(), *ENTRA_ERRORS.values())
    single = (DIRECTORY_DENIED, IDENTITY_UNKNOWN, TOKEN_REFUSED)
    pages = {fault.page for fault in (*faults, *single) if fault.page}
    for path in sorted(SOURCE.rglob("*.py")):
        pages.update(text for text in string_constants(path) if _PAGE_NAME.fullmatch(text))
    return pages


def string_constants(path: Path) -> Iterator[str]:
    """Yield the texts that stand in a module of the program."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def block_commands(text: str) -> Iterator[list[str]]:
    """Yield the arguments of each line of a block of code that runs `rollcall`."""
    for line in _code_lines(text):
        if match := _BLOCK_COMMAND.fullmatch(line.partition(" > ")[0]):
            yield shlex.split(match["arguments"])


def inline_commands(text: str) -> Iterator[list[str]]:
    """Yield the arguments of each `rollcall …` inside a sentence; they may be cut short."""
    for span in _SPAN.findall(text):
        if span.startswith("rollcall "):
            yield shlex.split(span.partition(" > ")[0])[1:]


def inline_options(text: str) -> set[str]:
    """Return the options that sentences and tables name by themselves."""
    return {span.split()[0] for span in _SPAN.findall(text) if span.startswith("--")}


def code_blocks(text: str, language: str) -> Iterator[str]:
    """Yield the fenced blocks of one language, without their indentation."""
    lines = iter(text.splitlines())
    for line in lines:
        if line.strip() == f"{_FENCE}{language}":
            block = []
            while (inner := next(lines)).strip() != _FENCE:
                block.append(inner.strip())
            yield "\n".join(block)


def links(text: str) -> Iterator[str]:
    """Yield the targets of links inside the repository."""
    for match in _LINK.finditer(text):
        if "://" not in match["target"]:
            yield match["target"]


def anchors(text: str) -> set[str]:
    """Return the anchors of a page's headings, as code hosts make them."""
    headings = (_HEADING.fullmatch(line) for line in text.splitlines())
    return {
        _NOT_OF_ANCHOR.sub("", match["text"].lower()).replace(" ", "-")
        for match in headings
        if match
    }


def _code_lines(text: str) -> Iterator[str]:
    fenced = False
    for line in text.splitlines():
        if line.strip().startswith(_FENCE):
            fenced = not fenced
        elif fenced or line.startswith("    "):
            yield line
