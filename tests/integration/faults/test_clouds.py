"""21Vianet: no delta for contacts. A run falls back by itself, whatever the cloud's row says."""

from collections.abc import Iterator

import msgspec
import pytest

from rollcall.wiring.machine import Machine
from tests.integration.conftest import simulated_cloud
from tests.integration.faults.company import found_company, let_night_pass
from tests.integration.faults.outcomes import assert_same
from tests.integration.faults.twin import SLUG, Twin, a_day_later
from tests.simulator.control import Simulator
from tests.sites import ROLES, Site


@pytest.fixture(scope="module")
def china(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    """A simulator of the cloud that 21Vianet operates."""
    with Simulator.started(tmp_path_factory.mktemp("china"), cloud="china") as simulator:
        yield simulator


@pytest.fixture
def in_china(twin: Twin, china: Simulator) -> Iterator[Site]:
    """The twin's company before its first run, in China."""
    china.reset(directories=True)
    directory = found_company(china)
    directory.applications[0].set_roles(*ROLES)
    directory.applications[0].upload(twin.certificate)
    with twin.databases.copied(twin.before_database) as conninfo:
        machine = _machine(twin, china, conninfo, contact_delta=False)
        yield Site(machine, china, directory, directory.applications[0], SLUG)


def _machine(twin: Twin, china: Simulator, conninfo: str, *, contact_delta: bool) -> Machine:
    cloud = simulated_cloud(
        china,
        contact_delta=contact_delta,
        issuer="https://login.partner.microsoftonline.cn/{directory_id}/v2.0",
    )
    return Machine(msgspec.structs.replace(twin.environment, clouds=(cloud,)), conninfo)


def test_without_delta_a_cloud_reads_the_same_by_lists(twin: Twin, in_china: Site) -> None:
    in_china.sync()
    assert_same(in_china.tables(), twin.first)
    a_day_later(in_china)
    let_night_pass(in_china.directory)

    in_china.sync()

    assert_same(in_china.tables(), twin.night)
    assert not any("/contacts/delta" in url for url in _asked(in_china))


@pytest.mark.parametrize("status", [400, 404, 501])
def test_a_cloud_whose_row_promises_delta_in_vain_falls_back_by_itself(
    twin: Twin, in_china: Site, status: int
) -> None:
    in_china.simulator.set(delta_unsupported_status=status)
    in_china.machine = _machine(
        twin, in_china.simulator, in_china.machine.conninfo, contact_delta=True
    )
    in_china.sync()
    assert_same(in_china.tables(), twin.first)
    a_day_later(in_china)
    let_night_pass(in_china.directory)

    in_china.sync()

    assert_same(in_china.tables(), twin.night)


def _asked(site: Site) -> list[str]:
    return [item.url for request in site.simulator.requests() for item in request.items]
