"""One service with a tenant that is connected and synchronised, and a browser to look at it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from django.db import connections
from playwright.sync_api import Browser, sync_playwright

from rollcall.accounts.operations import NewAccount, add_account
from rollcall.accounts.sessions import begin_session, enter_tenant, find_session
from rollcall.calling.calls import RESULTS
from rollcall.calling.device_operations import add_device
from rollcall.calling.models import Call
from rollcall.calling.number_operations import add_numbers
from rollcall.calling.trunk_operations import NewTrunk, save_trunk
from rollcall.core.records import Phone
from rollcall.credentials.secret import Secret
from rollcall.phonebook.own_operations import ContactDraft, add_company_contact
from rollcall.wiring.machine import utc_now
from tests.integration.nights.plant import Plant, Service, plant
from tests.needs import chromium
from tests.simulator.control import Simulator

QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


LONG_NAME = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"


@dataclass
class House:
    """A running service, and sessions of those who visit it."""

    plant: Plant
    address: str
    service: Service
    tokens: dict[str, str] = field(default_factory=dict)

    def token(self, role: str) -> str:
        """Return the session of a “system”, “administrator” or “user” account."""
        return self.tokens[role]

    def sign_in(self, role: str) -> None:
        """Have such a session."""
        tenant_id = None if role == "system" else self.plant.firms[0].tenant_id
        extension_id = (
            self.plant.value("SELECT min(holder) FROM phonebook_contact WHERE holder <> 0")
            if role == "user"
            else None
        )
        account = NewAccount(
            email=f"{role}@contoso.example",
            role=role,
            tenant_id=tenant_id,
            name=f"{role.title()} of the tests",
            extension_id=extension_id,
        )
        now = utc_now()
        token = begin_session(add_account(account, actor="test"), now=now)
        found = find_session(token, now=now)
        if role == "system" and found is not None:
            enter_tenant(found.session_id, self.plant.firms[0].tenant_id)
        self.tokens[role] = token


@pytest.fixture(scope="session")
def house() -> Iterator[House]:
    """The service, with the tenant “contoso” after its first sync."""
    with (
        TemporaryDirectory(prefix="rollcall-test-", ignore_cleanup_errors=True) as place,
        Simulator.started(Path(place) / "m365sim") as simulator,
    ):
        Path(place).chmod(0o755)
        with plant(Path(place) / "home", simulator) as made:
            made.found_firms(
                ["contoso"], photos=True, personal_contacts=True, company_contacts=True
            )
            with Service.started(made, workers=1) as service:
                made.await_schedules()
                made.program.done("sync", "run", made.firms[0].slug)
                house = House(made, _address(made), service)
                by_hand = ContactDraft(
                    company=LONG_NAME, phones=(Phone(kind="business", number="+49 30 5550"),)
                )
                add_company_contact(made.firms[0].tenant_id, by_hand)
                for role in ("system", "administrator", "user"):
                    house.sign_in(role)
                furnish(house)
                yield house
            connections.close_all()


def furnish(house: House) -> None:
    """Have phones, a trunk with numbers, and calls of every kind."""
    tenant_id, now = house.plant.firms[0].tenant_id, utc_now()
    first = house.plant.value("SELECT min(id) FROM telephony_extension")
    users = house.plant.value("SELECT min(holder) FROM phonebook_contact WHERE holder <> 0")
    for extension_id in (first, users, users):
        add_device(tenant_id, extension_id, name="Meeting room 2", actor="test", now=now)
    trunk = NewTrunk(
        kind="registration",
        host="sip.carrier.example",
        username="4930123",
        password=Secret(b"of the carrier"),
        main_number="+49 30 5550",
    )
    save_trunk(tenant_id, trunk, ring=house.plant.key_ring, actor="test", now=now)
    number = house.plant.value(
        "SELECT number::text FROM telephony_extension WHERE id = %(id)s", id=users
    )
    lines = [f"+49 30 5550000, {number}", "+49 30 5550001 – 9"]
    add_numbers(tenant_id, lines, actor="test")
    for minutes, result in enumerate(RESULTS):
        began = now - timedelta(minutes=100 * minutes)
        answered = result == "answered"
        Call.objects.of(tenant_id).create(
            tenant_id=tenant_id,
            sip_call_id=f"call-{minutes}",
            direction=("inbound", "outbound", "internal")[minutes % 3],
            caller_id=None if minutes % 3 == 0 else users,
            callee_id=users if minutes % 3 == 0 else first if minutes % 3 == 2 else None,
            caller_number="+49305550" if minutes % 3 == 0 else number,
            callee_number="+442079460000" if minutes % 3 == 1 else "",
            began_at=began,
            answered_at=began if answered else None,
            ended_at=began + timedelta(minutes=12),
            seconds=727 if answered else 0,
            result=result,
            sip_code=200 if answered else 486,
        )


def _address(made: Plant) -> str:
    listen = made.program.environment.listen
    return f"https://localhost:{listen.port}"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium without a window, whose event loop turns in this thread meanwhile."""
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture(autouse=True)
def fresh_connections(browser: Browser) -> Iterator[None]:
    """Let a test find no connection of Django's to a service that has ended since.

    While Playwright's loop turns Django keeps connections of its own, which nobody closes who
    closes all of them before the loop begins, or after its end.
    """
    connections.close_all()
    yield
    connections.close_all()
