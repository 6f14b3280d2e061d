"""A request to the control interface, and what can be wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from m365sim.state.directory import Directory
from m365sim.world import World

T = TypeVar("T")


class ControlError(Exception):
    """A request that cannot be done; the message says why."""

    def __init__(self, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Ask:
    """What a control page gets to work with."""

    world: World
    arguments: tuple[str, ...]
    query: Mapping[str, str]
    body: bytes

    @property
    def directory(self) -> Directory:
        """The directory in the path; 404 when there is none."""
        found = self.world.directory(self.arguments[0])
        if found is None:
            raise ControlError(f"There is no directory '{self.arguments[0]}'.", status=404)
        return found

    def read(self, kind: type[T]) -> T:
        """Read the body; 400 says what is wrong with it."""
        return self.read_with(msgspec.json.Decoder(kind))

    def read_with(self, decoder: msgspec.json.Decoder[T]) -> T:
        """Read the body with a decoder of its own."""
        try:
            return decoder.decode(self.body or b"{}")
        except msgspec.DecodeError as error:
            raise ControlError(str(error)) from error
