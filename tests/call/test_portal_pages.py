"""The portal beside the real switch: what it shows to type in works, and what is, is shown."""

import re
import time
from collections.abc import Callable

import msgspec
import pytest
from django.test import Client

from rollcall.accounts.operations import NewAccount, add_account
from rollcall.accounts.sessions import begin_session
from rollcall.config.wsgi import prepare_pages
from rollcall.environment import Environment
from rollcall.wiring.machine import Machine, utc_now
from tests.call.ground import Person
from tests.call.messages import Login, Message
from tests.call.stage import Stage
from tests.call.wire import Line, Phone
from tests.integration.portal.visitors import make_client
from tests.ports import free_port

MINE, CALLS, TRUNK = "/t/north/my-phones", "/t/north/my-calls", "/t/north/trunk"
PATIENCE, SLOW = 15.0, 60.0

Visit = Callable[[str, Person | None], Client]


@pytest.fixture
def visit(stage: Stage, environment: Environment) -> Visit:
    """Sign somebody of the first tenant in: visit("user", anna)."""
    known = msgspec.structs.replace(
        environment,
        sip_address=stage.sip[0],
        sip_port=stage.sip[1],
        sips_port=stage.sips[1],
        loopback_carriers=True,
    )
    prepare_pages(known)

    def enter(role: str, who: Person | None = None) -> Client:
        now = utc_now()
        account = NewAccount(
            email=f"{role}-{now.timestamp()}@north.example",
            role=role,
            tenant_id=stage.north.tenant_id,
            extension_id=who.extension_id if who else None,
        )
        token = begin_session(add_account(account, actor="test"), now=now)
        return make_client(Machine(known, stage.ground.conninfo), token)

    return enter


def shown(page: str) -> dict[str, str]:
    """Return what is to be typed into the phone, by its copy buttons."""
    words = r'data-copy="([^"]*)" title="Copy">.*?<span class="hidden">Copy ([^<]*)<'
    return {what: value for value, what in re.findall(words, page)}


def line_of(typed: dict[str, str]) -> Line:
    """Return the line of a phone into which that was typed."""
    login = Login(typed["authentication name"], typed["password"])
    return Line(typed["user name"], typed["domain"], login)


def await_words(
    client: Client, address: str, words: str, *, meanwhile: Callable[[], object] | None = None
) -> str:
    """Wait until a page says something, and return it."""
    end = time.monotonic() + (SLOW if meanwhile else PATIENCE)
    while words not in (page := client.get(address).content.decode()):
        assert time.monotonic() < end, page
        (meanwhile or (lambda: time.sleep(0.2)))()
    return page


def answer_registers(carrier: Phone, status: int) -> None:
    """Answer all that came since to register, as a carrier would."""
    for request in carrier.heard(0.2):
        contact = request["Contact"]

        def repeat(said: Message, contact: str = contact) -> None:
            said["Contact"] = contact

        if request.method == "REGISTER":
            carrier.reply(request, status, change=repeat)


def test_what_the_portal_shows_signs_a_phone_in_until_it_is_removed(
    stage: Stage, visit: Visit
) -> None:
    anna = stage.north.hire()
    stage.ground.tell("DELETE FROM calling_device WHERE id = %s", anna.device_id)
    user = visit("user", anna)
    page = user.post(f"{MINE}/new", {"name": "Kitchen"}).content.decode()
    first = line_of(shown(page))
    assert f">{stage.sip[1]}<" in page
    assert f">{stage.sips[1]}<" in page

    stage.register(first, "tls")
    listed = await_words(user, MINE, "Registered")
    assert "TLS" in listed
    assert "Reachable" in user.get(f"/t/north/colleagues?q={anna.number}").content.decode()

    time.sleep(1.1)  # the switch writes down whole seconds
    device = re.findall(rf"{MINE}/(\d+)/renew", listed)[0]
    second = line_of(shown(user.post(f"{MINE}/{device}/renew").content.decode()))
    await_words(user, MINE, "Not registered")
    stage.refused(stage.phone(first).register())
    stage.register(second)
    await_words(user, MINE, "Registered")

    time.sleep(1.1)
    user.post(f"{MINE}/{device}/sign-out")
    await_words(user, MINE, "Not registered")
    stage.refused(stage.phone(second).register())

    user.post(f"{MINE}/{device}/remove")
    assert "No desk phone is set up" in user.get(MINE).content.decode()


def test_a_call_stands_in_the_lists_of_both_and_of_the_administrator(
    stage: Stage, visit: Visit
) -> None:
    anna, ben = stage.north.hire(), stage.north.hire()
    here, there = stage.register(anna), stage.register(ben)

    stage.talk(here, there)

    assert f"north {ben.number}" in await_words(visit("user", anna), CALLS, "Outgoing")
    assert f"north {anna.number}" in await_words(visit("user", ben), CALLS, "Incoming")
    page = await_words(visit("administrator", None), "/t/north/calls", f"north {ben.number}")
    assert "Answered" in page


def test_a_trunk_that_is_set_up_in_the_portal_says_how_it_is(stage: Stage, visit: Visit) -> None:
    admin, port = visit("administrator", None), free_port()
    line = Line("carrier", "carrier.example", Login("nobody", "nothing"))
    carrier = stage.phone(line, source="127.17.9.1", port=port)
    settings = {
        "enabled": "on",
        "kind": "registration",
        "host": "127.17.9.1",
        "port": str(port),
        "transport": "udp",
        "username": "account7",
        "password": "as given",
        "number_format": "plus",
    }

    def answering(status: int) -> Callable[[], object]:
        return lambda: answer_registers(carrier, status)

    admin.post(TRUNK, settings)
    refused = await_words(admin, TRUNK, "The carrier said: 403", meanwhile=answering(403))
    admin.post(TRUNK, {**settings, "password": "another"})
    registered = await_words(admin, TRUNK, "registered</span>", meanwhile=answering(200))
    admin.post(f"{TRUNK}/remove")

    assert "refused</span>" in refused
    assert "as given" not in refused + registered
    assert "not set up" in admin.get(TRUNK).content.decode()
