"""No address tells one tenant anything of another: not by its path, not by what is sent with it.

Every route of the resolver has its line in `table.py`. Each is asked with ids that are another
tenant's and with ids that nobody has, and the answers must be the same.
"""

import re

import pytest
from django.http import HttpResponse

from rollcall.web.audience import Audience
from tests.integration.portal.routes import Route, all_routes
from tests.integration.portal.table import FREE, ROUTES, SENT
from tests.integration.portal.world import NO_TENANT, World

REFUSED = {
    Audience.USER: ("their administrator", "system"),
    Audience.ADMINISTRATOR: ("user", "their administrator", "system"),
    Audience.SYSTEM: ("user", "administrator", "their administrator"),
}
"""Who is told that there is no such page, by whom it is for."""

VISITORS = {
    Audience.ANYONE: ("nobody",),
    Audience.SIGNED_IN: ("user", "administrator"),
    Audience.USER: ("user", "administrator", "switched"),
    Audience.OWN: ("user",),
    Audience.ADMINISTRATOR: ("administrator", "switched"),
}
"""Who may open it, and must not get at others' things by it."""

CHANGING = re.compile(
    r'name="csrfmiddlewaretoken" value="\w+"|"x-csrftoken": "\w+"|<time [^>]*>[^<]*</time>'
)


def routes(*audiences: Audience) -> list[Route]:
    """Return the routes for these, or all."""
    return [each for each in all_routes() if not audiences or each.audience in audiences]


def named(route: Route) -> str:
    return route.name


def ask(
    world: World,
    who: str,
    method: str,
    address: str,
    sent: dict[str, str] | None = None,
) -> HttpResponse:
    """Return the answer to a request; what is sent goes into the query of a GET."""
    client = world.client(who)
    answer = client.get(address, sent or {}) if method == "GET" else client.post(address, sent)
    assert answer.status_code < 500
    return answer  # type: ignore[return-value]  # the test client's subclass of it


def said(answer: HttpResponse, *names: object) -> tuple[int, str, str]:
    """Return what an answer says, without the ids that were asked for and what always changes."""
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]  # a streamed one
    text = CHANGING.sub("", content.decode(errors="replace"))
    location = answer.headers.get("Location", "")
    for name in sorted((str(each) for each in names), key=len, reverse=True):
        text, location = text.replace(name, "…"), location.replace(name, "…")
    return answer.status_code, location, text


def values(world: World, route: Route, whose: str, slug: str) -> dict[str, object]:
    """Return what stands in an address: “ours”, “theirs” or “missing” things at a tenant."""
    found: dict[str, object] = {}
    for name in route.takes:
        if name == "tenant":
            found[name] = slug
        elif name in FREE:
            found[name] = FREE[name]
        else:
            found[name] = world.thing(name, whose)
    return found


def test_every_route_has_its_line_in_the_table() -> None:
    found = {each.name: (each.audience, each.takes) for each in all_routes()}
    known = {name: audience for audience, names in ROUTES.items() for name in names}

    assert "" not in found, "a route without a name"
    assert len(found) == len(all_routes()), "two routes of one name"
    assert {name: audience for name, (audience, _) in found.items()} == known


@pytest.mark.parametrize(
    "route",
    routes(
        Audience.SIGNED_IN, Audience.USER, Audience.OWN, Audience.ADMINISTRATOR, Audience.SYSTEM
    ),
    ids=named,
)
def test_who_is_nobody_is_sent_to_sign_in_whatever_is_there(world: World, route: Route) -> None:
    there = route.address(values(world, route, "ours", world.ours.slug))
    nowhere = route.address(values(world, route, "missing", NO_TENANT))
    for method in route.methods:
        answers = [
            said(ask(world, "nobody", method, each), each.replace("/", "%2F"))
            for each in (there, nowhere)
        ]
        assert answers[0][0] == 303
        assert answers[0][1].startswith(("/sign-in", "/phone/sign-in"))
        assert answers[0] == answers[1]


@pytest.mark.parametrize("route", routes(*REFUSED), ids=named)
def test_whom_a_page_is_not_for_learns_nothing_from_it(world: World, route: Route) -> None:
    there = route.address(values(world, route, "ours", world.ours.slug))
    nowhere = route.address(values(world, route, "missing", NO_TENANT))
    before = world.belongings(world.ours)
    for who in REFUSED[Audience(route.audience)]:
        for method in route.methods:
            found = ask(world, who, method, there)
            assert found.status_code == 404, who
            missing = ask(world, who, method, nowhere)
            names = (world.ours.slug, NO_TENANT, there, nowhere)
            assert said(found, *names) == said(missing, *names)
    assert world.belongings(world.ours) == before


@pytest.mark.parametrize(
    "route",
    [each for each in routes(*VISITORS) if set(each.takes) - {"tenant"} - FREE.keys()],
    ids=named,
)
def test_anothers_thing_is_as_one_that_is_not_there(world: World, route: Route) -> None:
    before = world.belongings(world.theirs)
    for who in VISITORS[Audience(route.audience)]:
        for method in route.methods:
            asked = [
                values(world, route, whose, world.ours.slug) for whose in ("theirs", "missing")
            ]
            found, missing = (ask(world, who, method, route.address(each)) for each in asked)
            names = [value for each in asked for value in each.values()]
            assert said(found, *names) == said(missing, *names)
            assert found.status_code == 404, (who, method)
    assert world.belongings(world.theirs) == before


@pytest.mark.parametrize("name", sorted(SENT))
def test_anothers_thing_that_is_sent_is_as_one_that_is_not_there(world: World, name: str) -> None:
    route = next(each for each in all_routes() if each.name == name)
    address = route.address(values(world, route, "ours", world.ours.slug))
    before = world.belongings(world.theirs)
    for who in VISITORS[Audience(route.audience)]:
        for method in route.methods:
            sent = [world.filled(SENT[name], whose) for whose in ("theirs", "missing")]
            names = [each for fields in sent for each in fields.values() if len(each) > 2]
            found, missing = (said(ask(world, who, method, address, each), *names) for each in sent)
            assert found == missing, (who, method)
    assert world.belongings(world.theirs) == before


def test_the_other_tenants_administrator_does_see_it(world: World) -> None:
    """Or all of the above could pass with pages that are never there."""
    for route in routes(Audience.ADMINISTRATOR):
        if "GET" in route.methods and set(route.takes) <= {"tenant", *FREE}:
            address = route.address(values(world, route, "theirs", world.theirs.slug))
            assert ask(world, "their administrator", "GET", address).status_code in {200, 302}
