"""The German catalogue: whole, of today, and with everything in it that is filled in."""

import ast
import re

import pytest
from babel.messages.catalog import Catalog, Message
from tools.translations import GERMAN, KEYWORDS, SOURCE, as_mo, as_po, merged, untranslated

MARKS = re.compile(r"%\(\w+\)s|%%|</?\w+")


@pytest.fixture(scope="module")
def catalogue() -> Catalog:
    """The catalogue as it would be written now."""
    return merged()


def test_every_text_of_the_pages_is_in_german(catalogue: Catalog) -> None:
    assert len(catalogue) > 1000
    assert untranslated(catalogue) == []


def test_the_files_are_what_make_translations_writes(catalogue: Catalog) -> None:
    assert GERMAN.read_bytes() == as_po(catalogue), "run make translations"
    assert GERMAN.with_suffix(".mo").read_bytes() == as_mo(catalogue), "run make translations"


def test_a_translation_has_the_same_blanks_to_fill_and_the_same_tags(catalogue: Catalog) -> None:
    wrong = [each.id for each in catalogue if each.id and not _same_marks(each)]

    assert wrong == []


def _same_marks(message: Message) -> bool:
    texts = [message.id] if isinstance(message.id, str) else list(message.id)
    german = message.string or ""
    translated = [german] if isinstance(german, str) else list(german)
    pairs = zip(texts, translated, strict=True)
    return all(sorted(MARKS.findall(a)) == sorted(MARKS.findall(b)) for a, b in pairs)


def test_every_name_under_which_texts_are_marked_is_collected() -> None:
    marking = {"gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy"}
    marking |= {"pgettext", "pgettext_lazy", "npgettext", "npgettext_lazy"}
    names = {
        name.asname or name.name
        for path in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for name in node.names
        if name.name in marking
    }
    assert names <= set(KEYWORDS)
