"""The pages of the trunk: its settings and state in words, its numbers, the emergency numbers."""

from datetime import UTC, datetime, timedelta

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from rollcall.audit.queries import AuditFilter, list_entries
from rollcall.calling.models import CallSettings, Trunk, TrunkNumber, TrunkState
from rollcall.calling.trunk_operations import open_password
from rollcall.telephony.models import Extension
from rollcall.telephony.operations import add_extension
from rollcall.wiring.machine import Machine
from tests.integration.conftest import MakeSite
from tests.integration.portal.conftest import SignIn
from tests.sites import Site

PAGE = "/t/contoso/trunk"
NUMBERS, EMERGENCY = f"{PAGE}/numbers", f"{PAGE}/emergency"
REGISTERS = {
    "enabled": "on",
    "kind": "registration",
    "host": "sip.carrier.example",
    "transport": "udp",
    "port": "",
    "username": "4930123",
    "password": "from the carrier",
    "addresses": "192.0.2.0/24\n198.51.100.9",
    "number_format": "plus",
    "main_number": "030 1234560",
}


def add(site: Site, number: int, name: str, **fields: str) -> int:
    """Add a hand-made extension; return its id."""
    add_extension(site.tenant.id, number=number, fields={"display_name": name, **fields})
    return Extension.objects.of(site.tenant.id).get(number=number).pk


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def sent(client: Client, address: str, given: dict[str, str]) -> str:
    return client.post(address, given, follow=True).content.decode()


def numbers(site: Site) -> dict[int, int | None]:
    """Return the extension numbers that the trunk's numbers ring."""
    rows = TrunkNumber.objects.of(site.tenant.id).select_related("extension")
    return {row.number: row.extension.number if row.extension else None for row in rows}


def test_a_trunk_is_set_up_and_its_password_never_shown(
    new_site: MakeSite, sign_in: SignIn, machine: Machine
) -> None:
    site = new_site("people:1")
    admin = sign_in("administrator", site.tenant.id)
    assert "not set up" in text(admin, PAGE)

    page = sent(admin, PAGE, REGISTERS)

    trunk = Trunk.objects.of(site.tenant.id).get()
    password = open_password(
        machine.key_ring(), site.tenant.id, bytes(trunk.password_sealed or b"")
    )
    assert password.reveal() == b"from the carrier"
    assert (trunk.host, trunk.port, trunk.main_number) == ("sip.carrier.example", None, 49301234560)
    assert trunk.addresses == ["192.0.2.0/24", "198.51.100.9"]
    assert "The trunk is saved" in page
    assert "being tried" in page
    assert "from the carrier" not in page
    assert "It is not shown again" in page
    entries = list_entries(site.tenant.id, AuditFilter(actions=("trunk.set",)), limit=5)
    assert len(entries) == 1
    assert "from the carrier" not in str(entries)


def test_left_empty_the_password_stays(
    new_site: MakeSite, sign_in: SignIn, machine: Machine
) -> None:
    site = new_site("people:1")
    admin = sign_in("administrator", site.tenant.id)
    sent(admin, PAGE, REGISTERS)

    same = sent(admin, PAGE, {**REGISTERS, "password": "", "main_number": ""})
    other = sent(admin, PAGE, {**REGISTERS, "password": "", "host": "sip.elsewhere.example"})

    trunk = Trunk.objects.of(site.tenant.id).get()
    assert "The trunk is saved" in same
    assert "enter the password" in other
    assert trunk.host == "sip.carrier.example"
    assert trunk.main_number is None
    password = open_password(
        machine.key_ring(), site.tenant.id, bytes(trunk.password_sealed or b"")
    )
    assert password.reveal() == b"from the carrier"


def test_what_is_wrong_with_a_trunk_is_said_at_its_field(
    new_site: MakeSite, sign_in: SignIn
) -> None:
    site = new_site("people:1")
    admin = sign_in("administrator", site.tenant.id)

    for field, wrong, words in (
        ("host", "not a host", "is not the name of a server"),
        ("host", "", "This field is required"),
        ("port", "70000", "less than or equal to 65535"),
        ("username", "a b", "letters, digits"),
        ("password", "", "needs the password"),
        ("addresses", "0.0.0.0/0", "more than a carrier"),
        ("main_number", "12", "is not a phone number"),
        ("kind", "pigeon", "not one of the available choices"),
    ):
        page = sent(admin, PAGE, {**REGISTERS, field: wrong})
        assert words in page, field
        assert f'id="id_{field}_error"' in page, field
        assert 'value="from the carrier"' not in page
    assert not Trunk.objects.of(site.tenant.id).exists()


def test_the_state_of_a_trunk_is_told_in_words(new_site: MakeSite, sign_in: SignIn) -> None:
    site = new_site("people:1")
    admin = sign_in("administrator", site.tenant.id)
    sent(admin, PAGE, REGISTERS)
    now = datetime.now(UTC)

    for state, detail, seen, words in (
        ("registered", "", now, "registered</span>"),
        ("ready", "", now, "ready</span>"),
        ("refused", "403 Forbidden", now, "The carrier said: 403 Forbidden."),
        ("silent", "no answer", now, "Nothing came back from the carrier"),
        ("silent", "sip.carrier.example has no address", now, "There is no server of the name"),
        ("registered", "", now - timedelta(hours=1), "may not be running"),
    ):
        TrunkState.objects.of(site.tenant.id).update_or_create(
            tenant_id=site.tenant.id,
            defaults={"state": state, "detail": detail, "since": now, "seen_at": seen},
        )
        assert words in text(admin, PAGE), state
    Trunk.objects.of(site.tenant.id).update(enabled=False)
    assert "switched off" in text(admin, PAGE)


def test_a_trunk_is_removed_and_its_numbers_stay(new_site: MakeSite, sign_in: SignIn) -> None:
    site = new_site("people:1")
    admin = sign_in("administrator", site.tenant.id)
    sent(admin, PAGE, REGISTERS)
    sent(admin, f"{NUMBERS}/add", {"lines": "+49 30 1234560"})

    page = sent(admin, f"{PAGE}/remove", {})
    again = sent(admin, f"{PAGE}/remove", {})

    assert "The trunk is removed" in page
    assert "There is no trunk" in again
    assert numbers(site) == {49301234560: None}


def test_many_numbers_are_added_at_once_or_none(new_site: MakeSite, sign_in: SignIn) -> None:
    site = new_site("people:1")
    add(site, 2004, "Anna")
    admin = sign_in("administrator", site.tenant.id)
    assert "Add the first numbers" in text(admin, NUMBERS)

    lines = "+49 30 1234560, 2004\n030 1234570 – 79\n"
    added = sent(admin, f"{NUMBERS}/add", {"lines": lines})
    again = sent(admin, f"{NUMBERS}/add", {"lines": lines + "+49 30 1234599"})
    wrong = sent(admin, f"{NUMBERS}/add", {"lines": "+49 30 1234600\n<b>"})
    nobody = sent(admin, f"{NUMBERS}/add", {"lines": "+49 30 1234600, 7777"})

    assert "11 numbers are added." in added
    assert "1 number is added. 11 were there already." in again
    assert "Line 2: “&lt;b&gt;” is not a phone number" in wrong
    assert "7777" in nobody
    assert len(numbers(site)) == 12
    assert numbers(site)[49301234560] == 2004


def test_a_number_is_given_to_somebody_and_taken_back(new_site: MakeSite, sign_in: SignIn) -> None:
    site = new_site("people:1")
    anna = add(site, 2004, "Anna <b>")
    admin = sign_in("administrator", site.tenant.id)
    sent(admin, f"{NUMBERS}/add", {"lines": "+49 30 1234560"})
    number = f"{NUMBERS}/49301234560"

    choices = text(admin, f"{PAGE}/extensions?extension=ann")
    given = sent(admin, number, {"extension": "2004", "shown": "on"})
    missing = sent(admin, number, {"extension": "7777"})
    nonsense = sent(admin, number, {"extension": "Anna"})
    page = text(admin, f"/t/contoso/extensions/{anna}")
    hidden = sent(admin, number, {"extension": "2004"})

    assert '<option value="2004">Anna &lt;b&gt;</option>' in choices
    assert "rings extension 2004 now" in given
    assert "+49301234560</a>" in page
    assert 'id="id_extension_error"' in missing
    assert 'id="id_extension_error"' in nonsense
    assert "not shown" in hidden
    assert numbers(site) == {49301234560: 2004}
    assert "rings nobody now" in sent(admin, number, {"extension": ""})
    assert "is removed" in sent(admin, f"{number}/remove", {})
    assert numbers(site) == {}
    assert admin.post(f"{number}/remove").status_code == 404
    assert admin.get(number).status_code == 404


def test_numbers_are_proposed_by_business_phone(new_site: MakeSite, sign_in: SignIn) -> None:
    site = new_site("people:1")
    add(site, 2004, "Anna", business_phone="030 / 123 45 60")
    add(site, 2005, "Bernd")
    admin = sign_in("administrator", site.tenant.id)
    sent(admin, f"{NUMBERS}/add", {"lines": "+49 30 1234560\n+49 30 1234561"})

    seen = text(admin, f"{NUMBERS}/propose")
    assert numbers(site) == {49301234560: None, 49301234561: None}
    done = sent(admin, f"{NUMBERS}/propose", {})

    assert "Anna" in seen
    assert "Let 1 number ring" in seen
    assert "1 number rings now." in done
    assert numbers(site) == {49301234560: 2004, 49301234561: None}
    assert "anybody’s business phone" in text(admin, f"{NUMBERS}/propose")


def test_the_numbers_are_narrowed_and_their_pages_turned(
    new_site: MakeSite, sign_in: SignIn
) -> None:
    site = new_site("people:1")
    add(site, 2004, "Anna")
    admin = sign_in("administrator", site.tenant.id)
    sent(admin, f"{NUMBERS}/add", {"lines": "+49 30 1234500 – 59\n+49 40 9999, 2004"})

    def rows(query: str) -> int:
        return text(admin, f"{NUMBERS}?{query}").count('<strong dir="ltr">')

    assert rows("") == 50
    later = text(admin, NUMBERS).split('rel="next" href="')[1].split('"')[0]
    assert rows(later.removeprefix("?").replace("&amp;", "&")) == 11
    assert rows("q=%2B4940") == 1
    assert rows("q=040") == 1
    assert rows("show=given") == 1
    assert rows("show=free") == 50
    assert "No number begins with" in text(admin, f"{NUMBERS}?q=zz<b>")


def test_a_page_of_numbers_takes_as_many_queries_for_many_as_for_one(
    new_site: MakeSite, sign_in: SignIn
) -> None:
    site = new_site("people:1")
    admin = sign_in("administrator", site.tenant.id)
    counts = []
    for number, lines in (
        (2004, "+49 40 9999, 2004"),
        (2005, "+49 30 1234500 – 39\n040 999, 2005"),
    ):
        add(site, number, "Anna")
        sent(admin, f"{NUMBERS}/add", {"lines": lines})
        with CaptureQueriesContext(connection) as asked:
            admin.get(NUMBERS)
        counts.append(len(asked))
    assert len(set(counts)) == 1, counts


def test_emergency_numbers_are_those_of_the_country_or_ones_own(
    new_site: MakeSite, sign_in: SignIn
) -> None:
    site = new_site("people:1")
    admin = sign_in("administrator", site.tenant.id)
    first = text(admin, EMERGENCY)

    own = sent(admin, EMERGENCY, {"which": "own", "numbers": "112, 110, 19222"})
    kept = CallSettings.objects.of(site.tenant.id).get().emergency_numbers
    none = sent(admin, EMERGENCY, {"which": "own", "numbers": " "})
    strange = sent(admin, EMERGENCY, {"which": "own", "numbers": "999999"})
    usual = sent(admin, EMERGENCY, {"which": "usual", "numbers": "nonsense"})

    assert "emergency calls are refused" in first
    assert "Those of the country: 110, 112" in first
    assert "are saved" in own
    assert kept == ["112", "110", "19222"]
    assert "Give at least one number" in none
    assert "one of the country" in strange
    assert "are saved" in usual
    assert CallSettings.objects.of(site.tenant.id).get().emergency_numbers is None


def test_whoever_is_no_administrator_sees_nothing_of_it(
    new_site: MakeSite, sign_in: SignIn
) -> None:
    site = new_site("people:1")
    user = sign_in("user", site.tenant.id, extension_id=add(site, 2004, "Anna"))

    for address in (PAGE, NUMBERS, EMERGENCY):
        assert user.get(address).status_code == 404
    assert "/t/contoso/trunk" not in text(user, "/t/contoso/colleagues")
