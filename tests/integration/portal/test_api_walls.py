"""The same for the API: a token is its tenant's, and what is another tenant's is not there."""

from urllib.parse import urlencode

import pytest

from rollcall.web.audience import Audience
from tests.integration.portal.routes import Route, all_routes
from tests.integration.portal.table import FREE, NAMED_TO_API, SENT_TO_API
from tests.integration.portal.test_walls import said
from tests.integration.portal.visitors import make_client
from tests.integration.portal.world import World

SYSTEM = "api/v1/system/"


def routes(*, system: bool | None = None) -> list[Route]:
    """Return the routes of the API: of tenants, of the system, or all."""
    found = [each for each in all_routes() if each.audience == Audience.TOKEN]
    return [each for each in found if system in {None, each.pattern.startswith(SYSTEM)}]


def named(route: Route) -> str:
    return route.name


def address_of(world: World, route: Route, whose: str) -> str:
    """Return a route's address with the ids of “ours”, “theirs” or “missing” things."""
    return route.address({name: FREE.get(name) or world.thing(name, whose) for name in route.takes})


@pytest.mark.parametrize("route", routes(), ids=named)
def test_without_a_token_nothing_is_there_for_anybody(world: World, route: Route) -> None:
    addresses = [address_of(world, route, whose) for whose in ("ours", "missing")]
    cookie = make_client(world.machine, world.tokens["administrator"])
    for method in route.methods:
        answers = [said(world.ask_api(method, each), each) for each in addresses]
        assert answers[0][0] == 401
        assert answers[0] == answers[1]
        by_cookie = cookie.generic(method, addresses[0], "{}", content_type="application/json")
        assert by_cookie.status_code == 401, "a browser's session counted as a token"


@pytest.mark.parametrize("route", routes(), ids=named)
def test_a_token_of_the_other_kind_is_refused(world: World, route: Route) -> None:
    bearer = "our" if route.pattern.startswith(SYSTEM) else "system"
    before = world.belongings(world.ours)
    for method in route.methods:
        answers = [
            said(world.ask_api(method, address_of(world, route, whose), bearer))
            for whose in ("ours", "missing")
        ]
        assert answers[0][0] == 403
        assert answers[0] == answers[1]
    after = world.belongings(world.ours)
    assert {name for name in after if after[name] != before[name]} <= {"access_token"}  # last used


@pytest.mark.parametrize(
    "route", [each for each in routes(system=False) if set(each.takes) - FREE.keys()], ids=named
)
def test_anothers_thing_is_as_one_that_is_not_there(world: World, route: Route) -> None:
    before = world.belongings(world.theirs)
    for method in route.methods:
        asked = {whose: address_of(world, route, whose) for whose in ("theirs", "missing")}
        names = [world.thing(name, whose) for whose in asked for name in route.takes]
        found, missing = (
            said(world.ask_api(method, each, "our", SENT_TO_API.get((route.name, method))), *names)
            for each in asked.values()
        )
        assert found == missing, method
        assert found[0] == 404, method
    assert world.belongings(world.theirs) == before


@pytest.mark.parametrize(("name", "method"), sorted(NAMED_TO_API))
def test_anothers_thing_that_is_sent_is_as_one_that_is_not_there(
    world: World, name: str, method: str
) -> None:
    route = next(each for each in routes() if each.name == name)
    address = address_of(world, route, "ours")
    before = world.belongings(world.theirs)
    asked = [world.filled(NAMED_TO_API[name, method], whose) for whose in ("theirs", "missing")]
    names = [each for fields in asked for each in fields.values()]
    found, missing = (
        said(
            world.ask_api(method, f"{address}?{urlencode(fields)}", "our")
            if method == "GET"
            else world.ask_api(method, address, "our", dict(fields)),
            *names,
        )
        for fields in asked
    )
    assert found == missing
    assert found[0] != 401
    assert world.belongings(world.theirs) == before


@pytest.mark.parametrize("route", routes(system=False), ids=named)
def test_a_list_shows_the_tokens_own_tenant_alone(world: World, route: Route) -> None:
    if "GET" not in route.methods or set(route.takes) - FREE.keys():
        pytest.skip("shows one thing, or nothing")
    ours, theirs = (
        world.ask_api("GET", "/" + route.pattern, whose).content.decode()
        for whose in ("our", "their")
    )
    assert world.theirs.slug not in ours
    assert world.ours.slug not in theirs


def test_each_token_does_work_for_its_own(world: World) -> None:
    """Or all of the above could pass with an API that refuses everything."""
    for whose, site in (("our", world.ours), ("their", world.theirs)):
        answer = world.ask_api("GET", "/api/v1/tenant", whose)
        assert answer.status_code == 200
        assert answer.json()["slug"] == site.slug  # type: ignore[attr-defined]  # the test client's
