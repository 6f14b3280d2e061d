"""Files that an administrator gives to a command."""

from pathlib import Path

from rollcall.core.errors import SetupError


def read_lines(path: Path) -> list[str]:
    """Return the lines of a text file; raise SetupError if it is not UTF-8."""
    try:
        return path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise SetupError(
            f"{path} is not written in UTF-8: save it as UTF-8 and try again.", code="not-utf-8"
        ) from None
