"""Histories that the dice write too seldom, told by hand and checked by the same invariants."""

from collections.abc import Iterator

import msgspec
import pytest

from rollcall.core.policy import Leavers
from rollcall.core.records import SourceId, UserRecord
from tests.contract.memory_pbx import SeenMemoryPbx
from tests.property.history import History

ANNA = UserRecord(
    source_id=SourceId("anna"),
    display_name="Anna",
    first_name="Anna",
    email="anna@contoso.example",
)


@pytest.fixture
def history() -> Iterator[History]:
    """A tenant whose directory has nobody yet."""
    pbx = SeenMemoryPbx()
    yield History(pbx)
    pbx.close()


def test_a_second_import_line_does_not_move_whoever_had_the_first_ones_number(
    history: History,
) -> None:
    for line, number in ((ANNA.email, 210), (ANNA.source_id, 211)):
        history.pbx.keep_number(line, number)
        history.picture.imports[line] = (number, None)
    history.directory.put(ANNA)
    history.run()
    history.settings = msgspec.structs.replace(history.settings, leavers=Leavers(release_days=0))
    history.directory.put(msgspec.structs.replace(ANNA, enabled=False))
    history.run()
    history.directory.put(ANNA)
    history.run()
    history.check_settled()

    assert history.pbx.seats()["anna"].number == 210
    assert history.events["change: release"] == history.events["change: return"] == 1
