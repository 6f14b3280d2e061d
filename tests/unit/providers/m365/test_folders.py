"""How a contact folder is read: since its cursor, from the start, or as a list."""

import pytest

from rollcall.core.ports import FolderPlace
from rollcall.core.records import FolderId
from rollcall.providers.m365.folders import (
    FEW,
    LISTED,
    MANY,
    Manner,
    after_lost_cursor,
    choose_manner,
)


def place(cursor: str, contacts: int) -> FolderPlace:
    return FolderPlace(
        folder_id=FolderId("folder"),
        parent_id=FolderId(""),
        path="Contacts",
        cursor=cursor,
        contacts=contacts,
    )


@pytest.mark.parametrize(
    ("left", "manner"),
    [
        (None, Manner.FROM_START),
        (place("", 0), Manner.FROM_START),
        (place("", MANY + 1), Manner.FROM_START),
        (place("link", 0), Manner.SINCE),
        (place("link", MANY + 1), Manner.SINCE),
        (place(LISTED, 0), Manner.LIST),
        (place(LISTED, MANY), Manner.LIST),
        (place(LISTED, MANY + 1), Manner.FROM_START),
    ],
)
def test_a_folder_is_read_by_where_it_was_left(left: FolderPlace | None, manner: Manner) -> None:
    assert choose_manner(left, delta=True) is manner
    assert choose_manner(left, delta=False) is Manner.LIST


@pytest.mark.parametrize(
    ("left", "manner"),
    [
        (None, Manner.FROM_START),
        (place("link", FEW), Manner.LIST),
        (place("link", FEW + 1), Manner.FROM_START),
    ],
)
def test_a_small_folder_that_lost_its_cursor_is_listed_from_then_on(
    left: FolderPlace | None, manner: Manner
) -> None:
    assert after_lost_cursor(left) is manner
