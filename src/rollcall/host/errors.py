"""What is said when the embedded database cannot be used."""

from collections.abc import Sequence

_ADVICE = {
    "No space left on device": "The disk is full: make room there, and try again.",
    "could not map anonymous shared memory": "There is too little memory: end something else.",
    "pre-existing shared memory block": "Processes of a server that was killed are still running: "
    "wait until they end, or end them.",
}


class DatabaseServerError(Exception):
    """What is wrong with the database server, where, and what to do."""


class StillStartingError(DatabaseServerError):
    """The server runs but is not ready in time (recovery after a crash); it must not be stopped."""


def server_failure(sentence: str, lines: Sequence[str]) -> DatabaseServerError:
    """An error that ends with what PostgreSQL said last."""
    said = "\n".join(lines)
    advice = next(
        (text for sign, text in _ADVICE.items() if sign in said),
        "What it said last is below.",
    )
    return DatabaseServerError("\n  ".join([f"{sentence} {advice}", *lines]))
