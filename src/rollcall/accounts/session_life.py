"""How long people stay signed in. Known before there is a database."""

from datetime import timedelta
from typing import Final

import msgspec


class SessionLife(msgspec.Struct, frozen=True, kw_only=True):
    """How long a session lives unused, and how long at all."""

    idle: timedelta = timedelta(hours=8)
    longest: timedelta = timedelta(days=7)


STANDARD: Final = SessionLife()
