"""The configuration is made of values alone, and Kamailio reads it."""

import re
import shutil
import subprocess
from pathlib import Path

import msgspec
import pytest
from tests.needs import need

from rollcall.sip.kamailio import (
    SwitchLimits,
    SwitchPlan,
    kamailio_command,
    render_kamailio,
    render_tls,
    rtpengine_command,
)

PLAN = SwitchPlan(
    directory=Path("/var/lib/rollcall/switch"),
    control="/run/rollcall/control",
    address="192.0.2.5",
    origins=("https://pbx.example:8443",),
)


def with_values(**values: object) -> SwitchPlan:
    """Return the plan with something else in it."""
    return msgspec.structs.replace(PLAN, **values)


def listeners(plan: SwitchPlan) -> list[str]:
    """Return where Kamailio listens."""
    return re.findall(r"^listen=(.*)$", render_kamailio(plan), re.MULTILINE)


def test_no_placeholder_is_left_over() -> None:
    assert "{{" not in render_kamailio(PLAN)


def test_it_listens_for_phones_and_for_browsers() -> None:
    assert listeners(PLAN) == [
        "udp:192.0.2.5:5060",
        "tcp:192.0.2.5:5060",
        "tls:192.0.2.5:5061",
        "tls:192.0.2.5:8444",
    ]


def test_behind_a_web_server_browsers_come_over_loopback() -> None:
    assert listeners(with_values(behind_proxy=True))[-1] == "tcp:127.0.0.1:8444"


def test_a_public_address_is_told_to_phones_and_media() -> None:
    plan = with_values(public_address="198.51.100.7")
    assert listeners(plan)[0] == "udp:192.0.2.5:5060 advertise 198.51.100.7:5060"
    assert "--interface=192.0.2.5!198.51.100.7" in rtpengine_command(plan)


def test_an_ipv6_address_stands_in_brackets() -> None:
    assert listeners(with_values(address="2001:db8::5"))[0] == "udp:[2001:db8::5]:5060"


def test_only_our_own_pages_open_a_socket() -> None:
    found = re.search(r'origin\) =~ "(.*)"\)', render_kamailio(PLAN))
    assert found is not None
    own = re.compile(found[1])
    assert own.search("https://pbx.example:8443")
    for foreign in ("https://pbx.example", "https://pbxxexample:8443", "https://x.example", ""):
        assert not own.search(foreign)
    assert not own.search("https://pbx.example:8443.evil.example")


def test_without_pages_of_ours_nobody_opens_a_socket() -> None:
    assert 'origin) =~ "^(-)$")' in render_kamailio(with_values(origins=()))


@pytest.mark.parametrize("value", ['a"b', "a\nb", "a;b", "a\\b"])
def test_a_value_that_would_end_its_quotes_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match=re.escape(value)):
        render_kamailio(with_values(control=value))


def test_no_limit_is_forgotten() -> None:
    generous = SwitchLimits(
        **{each: 7001 + index for index, each in enumerate(SwitchLimits.__struct_fields__)}
    )
    text = render_kamailio(with_values(limits=generous))
    missing = [
        name
        for name, value in msgspec.structs.asdict(generous).items()
        if not re.search(rf"\D{value}(000)?\D", text)
    ]
    assert missing == []


def test_no_password_is_in_it_and_no_name_of_a_database() -> None:
    text = render_kamailio(PLAN)
    assert set(re.findall(r"postgres:[^\"]*", text)) == {"postgres:///"}


def test_both_programs_stay_in_the_foreground() -> None:
    assert "-DD" in kamailio_command(PLAN)
    assert "--foreground" in rtpengine_command(PLAN)


@pytest.mark.parametrize("behind_proxy", [False, True])
def test_kamailio_reads_it(tmp_path: Path, *, behind_proxy: bool) -> None:
    program = shutil.which("kamailio", path="/usr/sbin:/usr/local/sbin:/usr/bin")
    need(program, "Kamailio: make deps installs it")
    assert program is not None
    plan = with_values(directory=tmp_path, control=str(tmp_path / "c"), address="127.0.0.1")
    plan = msgspec.structs.replace(plan, behind_proxy=behind_proxy)
    (tmp_path / "kamailio.cfg").write_text(render_kamailio(plan))
    (tmp_path / "tls.cfg").write_text(render_tls(plan))
    checked = subprocess.run(
        [program, "-c", "-f", str(tmp_path / "kamailio.cfg")],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert checked.returncode == 0, checked.stderr
