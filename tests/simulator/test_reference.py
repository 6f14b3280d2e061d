"""docs/reference/simulator.md names everything there is."""

from typing import get_args

import pytest

from m365sim.control.evolution import Day
from m365sim.control.group_changes import GroupOperation
from m365sim.control.mailbox_changes import MailboxOperation
from m365sim.control.people_changes import PeopleOperation
from m365sim.control.service import PAGES
from m365sim.faults.kinds import AnyFault, Fault, Match
from m365sim.generator.plan import Plan
from m365sim.settings import Settings
from tests.simulator.contract import ROOT

PAGE = (ROOT / "docs" / "reference" / "simulator.md").read_text("utf-8")
OPERATIONS = (*get_args(PeopleOperation), *get_args(MailboxOperation), *get_args(GroupOperation))
FAULTS = get_args(AnyFault)


def names() -> list[str]:
    kinds = [kind.__struct_config__.tag for kind in (*FAULTS, *OPERATIONS)]
    fields = [
        name
        for kind in (*FAULTS, *OPERATIONS, Day, Match, Settings)
        for name in kind.__struct_encode_fields__
        if name not in (*Fault.__struct_fields__,) or kind is Fault
    ]
    plan = [
        name
        for name in Plan.__struct_fields__
        if name not in ("kind", "people", "contacts", "share")
    ]
    return sorted({*kinds, *fields, *plan})


@pytest.mark.parametrize("name", names())
def test_a_name_is_on_the_page(name: str) -> None:
    assert f"`{name}`" in PAGE or f'"{name}"' in PAGE


@pytest.mark.parametrize("path", sorted({path for _, path, _ in PAGES}))
def test_a_path_of_the_control_interface_is_on_the_page(path: str) -> None:
    last = [part for part in path.split("/") if part != "*"][-1]
    assert f"/{last}" in PAGE
