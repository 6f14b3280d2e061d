"""A run blocks somebody who is talking: the call may end, and there is no other one."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from rollcall.telephony.queries import find_row
from rollcall.wiring.machine import Machine
from tests.call.carrier.firms import is_told, told_of
from tests.call.changes import where
from tests.call.ground import Firm, Person
from tests.call.stage import Stage
from tests.call.wire import Phone
from tests.integration.conftest import simulated_cloud
from tests.simulator.control import Simulator, op
from tests.sites import Site, make_site

SPEC = "people:4:0,guests=0,disabled=0,nameless=0,name=blocking"
GONE_WITHIN = 60.0
"""What was asked for; it is a matter of seconds."""


@dataclass
class Company:
    """A tenant whose people come from a directory."""

    site: Site
    firm: Firm

    def person(self, object_id: str) -> Person:
        """Give a person of the directory a desk phone."""
        extension = self.site.extension_of(object_id)
        assert extension is not None
        extension_id = int(find_row(self.site.tenant.id, int(extension.number or 0)).pk)
        device_id, line = self.firm.add_device(extension_id, str(extension.number))
        return Person(self.firm, extension_id, line, device_id)


@pytest.fixture
def company(stage: Stage, tmp_path: Path) -> Iterator[Company]:
    """A company after its first sync, known to the switch."""
    with Simulator.started(tmp_path / "m365sim") as simulator:
        clouds = (simulated_cloud(simulator),)
        environment = msgspec.structs.replace(stage.machine.environment, clouds=clouds)
        machine = Machine(environment, stage.ground.conninfo)
        site = make_site(machine, simulator, SPEC, slug="blocking")
        site.sync()
        told_of(lambda: is_told(stage, "trunk", "blocking.example::plan"), "the company")
        yield Company(site, Firm(site.tenant.id, site.slug, "blocking.example"))


def gone(stage: Stage, phone: Phone) -> float:
    """Wait until somebody is registered no more; return how long that took."""
    began = time.monotonic()
    while where(stage, phone):
        assert time.monotonic() - began < GONE_WITHIN
        time.sleep(0.1)
    return time.monotonic() - began


def test_somebody_whom_a_run_blocks_while_talking_ends_the_call_and_begins_no_other(
    stage: Stage, company: Company
) -> None:
    leaver, stayer = (user.id for user in company.site.directory.users()[:2])
    person, colleague = company.person(leaver), company.person(stayer)
    web, _ = person.add_web_line()
    phone, other = stage.register(person), stage.register(colleague)
    page = stage.register(web, "wss")
    here, there = stage.connect(phone, other)

    company.site.directory.change(op("disable", user=leaver))
    company.site.sync()
    extension = company.site.extension_of(leaver)
    assert extension is not None
    assert extension.state == "blocked"

    seconds = gone(stage, phone)
    print(f"gone after {seconds:.1f} s")  # noqa: T201 - shown when asked for (-rP)
    stage.refused(phone.register(), 401, 403)
    stage.refused(page.register(), 401, 403)
    with stage.keeps_quiet(other):
        stage.refused(phone.invite(colleague.number), 401, 403, 407)
        stage.refused(page.invite(colleague.number), 401, 403, 407)
    with stage.keeps_quiet(phone, page):
        stage.refused(other.invite(person.number), 404, 480)

    talking = there.start("INVITE", body=other.sdp)
    phone.reply(phone.expect("INVITE"), 200, body=phone.sdp)
    assert talking.final().status == 200
    other.send(there.compose("ACK", cseq=there.cseq))
    phone.expect("ACK")
    assert here.hang_up(there).status == 200

    third = stage.register(company.person(company.site.directory.users()[2].id))
    stage.talk(other, third)
