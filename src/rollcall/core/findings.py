"""What a check of the set-up found, step by step."""

import enum

import msgspec


class Light(enum.StrEnum):
    """How a step went; a skipped one could not be tried because of an earlier one."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"
    SKIPPED = "skipped"


class Finding(msgspec.Struct, frozen=True):
    """One step of a check: its name, its light, what was found, and where to read more."""

    step: str
    light: Light
    message: str
    help: str = ""
