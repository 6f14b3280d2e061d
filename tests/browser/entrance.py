"""A service with two tenants whose people sign in with Microsoft, and browsers of such people.

with person(browser, entrance, "web") as page:
    sign_in(page, entrance, "/t/contoso/", entrance.people[0])
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.sync_api import Browser, Page, expect

from rollcall.accounts.operations import NewAccount, add_account, set_password
from rollcall.integrations.operations import Connection, NewList, change_integration
from rollcall.wiring.machine import utc_now
from tests.browser.visits import DESK, HEIGHTS, Visit, inspect
from tests.integration.nights.plant import Firm, Plant, Service, plant
from tests.ports import free_port
from tests.simulator.control import Directory, Simulator, op

SPEC = "people:12:4,guests=0,disabled=0,nameless=0,name=contoso"
OTHER = "people:3:0,guests=0,disabled=0,nameless=0,name=fabrikam"
SBC = "phone.localhost"
BUTTON = "Sign in with Microsoft"
PASSWORD = "a-long-way-to-tipperary"
LOCAL = "keeper@contoso.example"
SEEN_AFTER = 60_000
"""Milliseconds within which a run's word reaches every session."""


@dataclass(frozen=True)
class Someone:
    """A person of the directory."""

    object_id: str
    name: str
    principal_name: str


@dataclass
class Entrance:
    """The service, its two addresses, and who is who."""

    plant: Plant
    service: Service
    web: str
    sbc: str
    people: list[Someone] = field(default_factory=list)

    @property
    def firm(self) -> Firm:
        """The tenant “contoso”."""
        return self.plant.firms[0]

    @property
    def directory(self) -> Directory:
        """Its directory."""
        return self.firm.directory

    def set(self, *, lists: dict[str, NewList] | None = None, **values: Any) -> None:
        """Change settings of the tenant's integration."""
        change_integration(
            self.firm.tenant_id,
            actor="test",
            connection=Connection(),
            values=values,
            lists=lists or {},
        )

    def sync(self) -> None:
        """Have the service run a sync."""
        self.plant.program.done("sync", "run", self.firm.slug)

    def refusals(self) -> list[str]:
        """Return why people were refused, the newest first."""
        found = self.plant.rows(
            "SELECT detail ->> 'reason' AS reason FROM audit_auditentry "
            "WHERE action = 'sign_in.refused' ORDER BY id DESC LIMIT 20"
        )
        return [str(row["reason"]) for row in found]

    def successes(self) -> int:
        """Return how many sign-ins with Microsoft there were."""
        return int(
            self.plant.value(
                "SELECT count(*) FROM audit_auditentry WHERE action = 'sign_in.succeeded' "
                "AND detail ->> 'method' = 'microsoft'"
            )
        )


@contextmanager
def open_entrance(*, switch: str = "off", **settings: object) -> Iterator[Entrance]:
    """Have the service with both tenants synchronised and user sign-in on."""
    with (
        TemporaryDirectory(prefix="rollcall-test-", ignore_cleanup_errors=True) as place,
        Simulator.started(Path(place) / "m365sim") as simulator,
    ):
        Path(place).chmod(0o755)
        port = free_port()
        domains = {
            "listen": f"127.0.0.1:{port}",
            "web_domain": f"localhost:{port}",
            "sbc_domain": f"{SBC}:{port}",
            **settings,
        }
        with plant(Path(place) / "home", simulator, **domains) as made:
            made.found_firms(
                [SPEC, OTHER],
                sign_in=True,
                photos=True,
                personal_contacts=True,
                company_contacts=True,
            )
            origins = (f"https://localhost:{port}", f"https://{SBC}:{port}")
            for firm in made.firms:
                firm.directory.applications[0].register(
                    *(f"{origin}/ms365/callback" for origin in origins),
                    logout_url=f"{origins[0]}/ms365/logout",
                    optional_claims=["login_hint"],
                )
            with Service.started(made, workers=1, switch=switch) as service:
                made.await_schedules()
                for firm in made.firms:
                    made.program.done("sync", "run", firm.slug)
                entrance = Entrance(made, service, *origins)
                entrance.people = _people(entrance.directory)
                _add_keeper(entrance)
                yield entrance


def _people(directory: Directory) -> list[Someone]:
    return [
        Someone(user.id, user.properties["displayName"], user.properties["userPrincipalName"])
        for user in directory.users()
        if user.properties.get("accountEnabled")
    ]


def _add_keeper(entrance: Entrance) -> None:
    """Add the administrator with a password who comes in when Microsoft does not answer."""
    new = NewAccount(
        email=LOCAL, role="administrator", tenant_id=entrance.firm.tenant_id, name="Keeper"
    )
    set_password(add_account(new, actor="test"), PASSWORD, actor="test", now=utc_now())


@contextmanager
def person(browser: Browser, origin: str, *, width: int = DESK) -> Iterator[Visit]:
    """Have a browser of its own, with nobody signed in anywhere."""
    context = browser.new_context(
        viewport={"width": width, "height": HEIGHTS[width]},
        ignore_https_errors=True,
        base_url=origin,
        locale="en-GB",
    )
    context.set_default_timeout(15_000)
    try:
        yield Visit(context.new_page(), origin)
    finally:
        context.close()


def press_button(page: Page) -> None:
    """Press the button and wait for Microsoft's page."""
    page.get_by_role("button", name=BUTTON).click()
    expect(page.get_by_text("Simulated Microsoft")).to_be_visible()


def identify(page: Page, who: Someone) -> None:
    """Sign in at Microsoft's page, or pick the account if this browser knows it."""
    choice = page.get_by_role("button", name=who.principal_name)
    another = page.get_by_role("button", name="Use another account")
    if choice.count():
        choice.click()
        return
    if another.count():
        another.click()
    page.get_by_label("Account").fill(who.principal_name)
    page.get_by_label("Password").fill("anything")
    page.get_by_role("button", name="Next").click()
    accept = page.get_by_role("button", name="Accept")
    if accept.count():
        accept.click()


def sign_in(page: Page, address: str, who: Someone) -> None:
    """Open an address of ours, press the button, and sign in."""
    page.goto(address)
    press_button(page)
    identify(page, who)


def look(visit: Visit, name: str) -> None:
    """Keep the picture of the page as it is now, and demand that nothing is wrong with it."""
    visit.elsewhere.clear()  # Microsoft's page was asked, as it should be
    wrong = inspect(visit, f"sign-in-{name}")
    assert not wrong, "\n".join(wrong)


def add_guest(entrance: Entrance) -> Someone:
    """Invite somebody of another company into the directory."""
    name = "guest_partner.example#EXT#@contoso.onmicrosoft.com"
    return add_person(entrance, "A Guest", name, userType="Guest")


def add_person(entrance: Entrance, name: str, principal_name: str, **properties: object) -> Someone:
    """Have somebody more in the directory, whom no run has read yet."""
    first, _, last = name.partition(" ")
    (made,) = entrance.directory.change(
        op(
            "add_user",
            set={
                "displayName": name,
                "givenName": first,
                "surname": last,
                "userPrincipalName": principal_name,
                "accountEnabled": True,
                **properties,
            },
        )
    )
    return Someone(str(made["id"]), name, principal_name)
