"""Another time of day for what signs and checks cookies."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.core import signing


class _Shifted:
    """The module `time`, a while off."""

    def __init__(self, offset: float) -> None:
        self._offset = offset

    def time(self) -> float:
        """Return the seconds since 1970, shifted."""
        return time.time() + self._offset


@contextmanager
def at(offset: timedelta) -> Iterator[None]:
    """Let signatures be made and checked as if it were so much later (or earlier)."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(signing, "time", _Shifted(offset.total_seconds()))
        yield
