"""Every page that a message sends people to is there, and no page under errors/ is forgotten."""

from rollcall.providers.m365.faults import ENTRA, ENTRA_ERRORS
from tests.unit.docs.pages import HOWTO, named_help_pages, read_page

PARTS = ("\n## How to check\n", "\n## What to do\n", "\n## Codes that lead here\n")


def test_every_help_page_that_the_program_names_exists() -> None:
    pages = named_help_pages()

    missing = {page for page in pages if not (HOWTO / page).is_file()}

    assert len(pages) > 20
    assert missing == set()


def test_every_error_page_is_named_by_the_program() -> None:
    written = {f"errors/{path.name}" for path in (HOWTO / "errors").iterdir()}

    assert written - named_help_pages() == set()


def test_every_code_stands_on_the_page_that_it_leads_to() -> None:
    codes = [(f"AADSTS{number}", fault) for number, fault in ENTRA.items()]
    codes += [(f"`{name}`", fault) for name, fault in ENTRA_ERRORS.items()]

    for code, fault in codes:
        if fault.page:
            page = read_page(HOWTO / fault.page)
            assert f"| {code} |" in page, f"{code} is not on {fault.page}"
            assert fault.sentence in page, f"{fault.page} says something else of {code}"


def test_every_error_page_says_how_to_check_and_what_to_do() -> None:
    for path in sorted((HOWTO / "errors").glob("*.md")):
        page = read_page(path)
        assert [page.count(part) for part in PARTS[1:]] == [1, 1], path.name
        assert PARTS[0] in page, path.name
