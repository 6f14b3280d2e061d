"""make translations: bring the German catalogue up to date with the texts of the pages.

Collects every message of src/rollcall (Python and templates), merges them into django.po without
losing what is translated, and writes django.mo. What is still to be translated is listed.
"""

import io
import os
import re
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import django
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.template import Context, engines
from django.templatetags.i18n import BlockTranslateNode, TranslateNode

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "rollcall"
GERMAN = SOURCE / "portal" / "locale" / "de" / "LC_MESSAGES" / "django.po"
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "lazy": None,
    "__": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
ARGUMENT = re.compile(r"""_\((?:"([^"]*)"|'([^']*)')\)""")
NO_DATE = datetime(2000, 1, 1, tzinfo=UTC)
"""The files change with their words only."""

Message = tuple[str | tuple[str, ...], str | None, str]
"""A message (or singular and plural), its context, and where it stands."""


def main() -> None:
    """Write the catalogue anew; end with 1 while something is not translated."""
    catalogue = merged()
    GERMAN.parent.mkdir(parents=True, exist_ok=True)
    GERMAN.write_bytes(as_po(catalogue))
    GERMAN.with_suffix(".mo").write_bytes(as_mo(catalogue))
    missing = untranslated(catalogue)
    for each in missing:
        sys.stdout.write(f"{each}\n")
    sys.stdout.write(f"{len(catalogue)} messages, {len(missing)} without German.\n")
    sys.exit(bool(missing))


def merged() -> Catalog:
    """Return the German catalogue with exactly the messages that there are now."""
    known = Catalog(locale="de")
    if GERMAN.exists():
        with GERMAN.open("rb") as file:
            known = read_po(file, locale="de")
    catalogue = Catalog(
        locale="de", domain="django", fuzzy=False, creation_date=NO_DATE, revision_date=NO_DATE
    )
    for message, context, place in sorted(messages(), key=lambda each: (each[2], str(each[0]))):
        catalogue.add(message, context=context, locations=[(place, 0)])
    for entry in catalogue:
        same = known.get(entry.id, entry.context) if entry.id else None
        if same is not None:
            entry.string = same.string
    return catalogue


def messages() -> Iterator[Message]:
    """Yield all messages of the program."""
    for path in sorted(SOURCE.rglob("*.py")):
        yield from _of_python(path)
    for path in sorted(SOURCE.rglob("templates/**/*.html")):
        yield from _of_template(path)


def untranslated(catalogue: Catalog) -> list[str]:
    """Return the messages without a translation, with where they stand."""
    return [
        f"{entry.locations[0][0]}: {entry.id!r}"
        for entry in catalogue
        if entry.id and not _is_whole(entry.string)
    ]


def _is_whole(translated: str | Sequence[str] | None) -> bool:
    if isinstance(translated, str):
        return translated != ""
    return all(translated or ("",))


def as_po(catalogue: Catalog) -> bytes:
    """Return the text of the catalogue, without dates and line numbers: only words change it."""
    file = io.BytesIO()
    write_po(file, catalogue, width=100, include_lineno=False, omit_header=True)
    header = (
        'msgid ""\nmsgstr ""\n"Language: de\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n'
        '"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'
    )
    return header.encode() + file.getvalue()


def as_mo(catalogue: Catalog) -> bytes:
    """Return the catalogue as the program reads it."""
    file = io.BytesIO()
    write_mo(file, catalogue)
    return file.getvalue()


def _of_python(path: Path) -> Iterator[Message]:
    for _, message, _, context in extract_from_file("python", path, keywords=KEYWORDS):
        yield message, context, _place(path)


def _of_template(path: Path) -> Iterator[Message]:
    text = path.read_text(encoding="utf-8")
    place = _place(path)
    template = engines["django"].engine.from_string(text)  # type: ignore[attr-defined]  # of Django's own backend
    for node in template.nodelist.get_nodes_by_type(TranslateNode):
        literal = node.filter_expression.var.literal
        if isinstance(literal, str):
            yield literal.replace("%", "%%"), _context(node), place
    for node in template.nodelist.get_nodes_by_type(BlockTranslateNode):
        singular, _ = node.render_token_list(node.singular)
        plural = node.render_token_list(node.plural)[0] if node.plural else None
        yield (singular, plural) if plural else singular, _context(node), place
    for double, single in ARGUMENT.findall(text):
        yield double or single, None, place


def _context(node: TranslateNode | BlockTranslateNode) -> str | None:
    context = node.message_context
    return str(context.resolve(Context())) if context else None


def _place(path: Path) -> str:
    return path.relative_to(ROOT / "src").as_posix()


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rollcall.config.settings")
    django.setup()
    main()
