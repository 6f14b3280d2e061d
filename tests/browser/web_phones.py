"""Web phones in browsers with a microphone that beeps, and what they hear of each other."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, Locator, Page, Playwright, expect

from rollcall.calling.models import Trunk, TrunkNumber
from rollcall.host.switch_places import find_switch_places
from rollcall.sip.rpc import Control, SwitchSilentError
from tests.browser.conftest import QUIET
from tests.browser.entrance import Entrance, Someone, open_entrance, person, sign_in
from tests.call.carrier.playing import Carrier
from tests.call.ground import Firm
from tests.call.wire import Line, Phone
from tests.call.wires import Address, UdpWire
from tests.needs import chromium
from tests.ports import free_port

SOUND: Final = (
    *QUIET,
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--allow-loopback-in-peer-connection",
)
LOOPBACK: Final = "127.0.0.1"
WITHIN: Final = 15_000
HEARD_WITHIN: Final = 12.0
LISTEN_SECONDS: Final = 1.0
TOLD_WITHIN: Final = 20.0
CARRIER: Final = "127.17.9.1"
FIRST_NUMBER: Final = 4930900100

WATCH: Final = """
window.connections = [];
const Real = window.RTCPeerConnection;
window.RTCPeerConnection = class extends Real {
    constructor(...given) { super(...given); window.connections.push(this); }
};
"""
"""Keeps the connections of a page, so that they can be asked what came and went."""

STATISTICS: Final = """async () => {
    const sums = {heard: 0, said: 0, energy: 0};
    for (const connection of window.connections) {
        if (connection.signalingState === "closed") continue;
        for (const each of (await connection.getStats()).values()) {
            if (each.kind !== "audio") continue;
            if (each.type === "inbound-rtp") {
                sums.heard += each.bytesReceived;
                sums.energy += each.totalAudioEnergy ?? 0;
            }
            if (each.type === "outbound-rtp") sums.said += each.bytesSent;
        }
    }
    return sums;
}"""


@dataclass(frozen=True)
class Sound:
    """Bytes that came and went, and how loud it was."""

    heard: float
    said: float
    energy: float


@dataclass
class WebPhone:
    """Somebody's page."""

    page: Page
    someone: Someone
    number: str

    def call(self, number: str) -> None:
        """Type a number and press the button."""
        self.page.fill("#number", number)
        self.page.click(".call-start")

    def card(self, state: str = "") -> Locator:
        """Return the card of the call that is in a state."""
        return self.page.locator(f'.call[data-state="{state}"]' if state else ".call")

    def awaits(self, state: str, *, within: int = WITHIN) -> Locator:
        """Wait for a call in a state; return its card."""
        card = self.card(state)
        expect(card).to_have_count(1, timeout=within)
        return card

    def does(self, action: str, state: str) -> None:
        """Press a button of the call that is in a state."""
        self.card(state).locator(f'[data-do="{action}"]').first.click()

    def has_none(self) -> None:
        """Wait until there is no call that goes on."""
        expect(self.page.locator("body.in-call")).to_have_count(0, timeout=WITHIN)

    def sound(self) -> Sound:
        """Return what came and went so far."""
        return Sound(**self.page.evaluate(STATISTICS))

    def registered(self) -> None:
        """Wait until it can be called."""
        expect(self.page.locator('body[data-line="registered"]')).to_have_count(1, timeout=WITHIN)


def hear_each_other(*phones: WebPhone) -> None:
    """Check that bytes and loudness grow at all of them."""
    end = time.monotonic() + HEARD_WITHIN
    while True:
        before = [phone.sound() for phone in phones]
        time.sleep(LISTEN_SECONDS)
        after = [phone.sound() for phone in phones]
        if all(
            new.heard - old.heard > 3000 and new.said - old.said > 3000 and new.energy > old.energy
            for old, new in zip(before, after, strict=True)
        ):
            return
        assert time.monotonic() < end, (before, after)


@dataclass
class Board:
    """The service with its switch."""

    entrance: Entrance
    browser: Browser
    sip: Address
    _seen: int = 0

    @property
    def firm(self) -> Firm:
        """The tenant, as phones on the wire see it."""
        firm = self.entrance.firm
        return Firm(firm.tenant_id, firm.slug, f"{firm.slug}.example")

    def extension(self, who: Someone) -> tuple[int, str]:
        """Return a person's extension: its id and its number."""
        query = (
            "SELECT id, number FROM telephony_extension WHERE directory_object_id = %(object_id)s"
        )
        (row,) = self.entrance.plant.rows(query, object_id=who.object_id)
        return int(row["id"]), str(row["number"])

    def desk_line(self, who: Someone) -> Line:
        """Have a new desk phone's line at a person's extension."""
        _, line = self.firm.add_device(*self.extension(who))
        return line

    def desk_phone(self, who: Someone, *, source: str) -> Phone:
        """Have a desk phone of a person, registered."""
        phone = Phone(UdpWire(self.sip, source=source), self.desk_line(who))
        assert phone.register().status == 200
        return phone

    @contextmanager
    def web_phone(self, index: int) -> Iterator[WebPhone]:
        """Have the web phone of one of the people, who signs in with Microsoft."""
        who = self.entrance.people[index]
        with person(self.browser, self.entrance.web) as visit:
            visit.page.add_init_script(WATCH)
            sign_in(visit.page, f"/t/{self.entrance.firm.slug}/", who)
            visit.page.wait_for_url(f"{self.entrance.web}/**")
            visit.page.goto("/phone/")
            phone = WebPhone(visit.page, who, self.extension(who)[1])
            phone.registered()
            yield phone

    @contextmanager
    def carrier(self, place: Path, *people: Someone) -> Iterator[Carrier]:
        """Have a trunk by address, and a number for each of some people: see `number_of`."""
        port = free_port()
        tenant_id = self.firm.tenant_id
        try:
            Trunk(tenant_id=tenant_id, kind="address", host=CARRIER, port=port).save()
            for index, who in enumerate(people):
                TrunkNumber(
                    tenant_id=tenant_id,
                    number=FIRST_NUMBER + index,
                    extension_id=self.extension(who)[0],
                ).save()
            self._wait_until_told(f"{self.firm.domain}::target", f"{CARRIER}:{port}")
            yield Carrier(CARRIER, port, place)
        finally:
            Trunk.objects.of(tenant_id).delete()
            TrunkNumber.objects.of(tenant_id).delete()

    def _wait_until_told(self, key: str, value: str) -> None:
        places = find_switch_places(self.entrance.plant.program.environment)
        control = Control(str(places.control))
        end = time.monotonic() + TOLD_WITHIN
        while value not in _asked(control, key):
            assert time.monotonic() < end
            time.sleep(0.1)

    def contact_of(self, who: Someone) -> tuple[str, str]:
        """Return name and number (+E.164) of one of somebody's own contacts."""
        query = (
            "SELECT c.display_name AS name, n.e164 AS number FROM phonebook_contactnumber n "
            "JOIN phonebook_contact c ON c.id = n.contact_id "
            "WHERE c.holder = %(extension_id)s AND n.e164 IS NOT NULL AND c.display_name <> '' "
            "AND n.e164::text LIKE '49%%' ORDER BY c.id LIMIT 1"
        )
        (row,) = self.entrance.plant.rows(query, extension_id=self.extension(who)[0])
        return str(row["name"]), f"+{row['number']}"

    def newest(self) -> dict[str, Any]:
        """Return the call that was recorded last, once it is another one than before."""
        query = "SELECT * FROM calling_call WHERE id > %(seen)s ORDER BY id DESC LIMIT 1"
        end = time.monotonic() + HEARD_WITHIN
        while not (rows := self.entrance.plant.rows(query, seen=self._seen)):
            assert time.monotonic() < end, "no call was recorded"
            time.sleep(0.2)
        return rows[0]

    def awaits_gone(self, number: str, *, within: float = 60.0) -> None:
        """Wait until no phone of a number is registered."""
        query = "SELECT count(*) FROM sip.location WHERE username = %(number)s"
        end = time.monotonic() + within
        while self.entrance.plant.value(query, number=number):
            assert time.monotonic() < end
            time.sleep(0.2)

    def forget(self) -> None:
        """Let `newest` mean calls from now on."""
        query = "SELECT coalesce(max(id), 0) FROM calling_call"
        self._seen = int(self.entrance.plant.value(query))


def _asked(control: Control, key: str) -> str:
    try:
        return str(control.ask("htable.get", "trunk", key))
    except SwitchSilentError:
        return ""  # it starts


@contextmanager
def open_board(playwright: Playwright) -> Iterator[Board]:
    """Have the service with its switch, and a browser with sound."""
    ports: dict[str, Any] = {
        "sip_port": free_port(),
        "sips_port": free_port(),
        "wss_port": free_port(),
        "media_ports": "20000-21999",
        "loopback_carriers": "on",
    }
    with open_entrance(switch="on", **ports) as entrance:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(SOUND))
        try:
            yield Board(entrance, browser, (LOOPBACK, ports["sip_port"]))
        finally:
            browser.close()
