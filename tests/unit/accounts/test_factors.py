"""One-time codes and recovery codes."""

from datetime import UTC, datetime, timedelta

import pyotp
import pytest

from rollcall.accounts.factors import (
    device_address,
    matching_step,
    new_recovery_codes,
    new_secret,
    recovery_digest,
)

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # of RFC 6238, appendix B
AT_59 = datetime.fromtimestamp(59, UTC)
NOW = datetime(2026, 3, 1, 12, 0, 5, tzinfo=UTC)


def test_the_code_of_the_standard_is_right() -> None:
    assert matching_step(SECRET, "287082", now=AT_59) == 1


@pytest.mark.parametrize(
    ("steps", "right"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)]
)
def test_a_clock_may_be_one_step_wrong(steps: int, right: bool) -> None:  # noqa: FBT001 - a table's column
    code = pyotp.TOTP(SECRET).at(NOW, counter_offset=steps)

    assert (matching_step(SECRET, code, now=NOW) is not None) is right


def test_a_step_that_was_used_is_not_right_again_nor_one_before_it() -> None:
    device = pyotp.TOTP(SECRET)
    step = matching_step(SECRET, device.at(NOW), now=NOW)
    assert step is not None

    assert matching_step(SECRET, device.at(NOW), now=NOW, after=step) is None
    earlier = device.at(NOW, counter_offset=-1)
    assert matching_step(SECRET, earlier, now=NOW, after=step) is None
    later = NOW + timedelta(seconds=30)
    assert matching_step(SECRET, device.at(later), now=later, after=step) == step + 1


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "²²²²²²", "-12345"])
def test_what_is_no_code_is_wrong(code: str) -> None:
    assert matching_step(SECRET, code, now=NOW) is None


def test_recovery_codes_differ_and_are_known_however_they_are_typed() -> None:
    codes = new_recovery_codes()

    assert len(set(codes)) == 10
    assert all(len(code) == 19 for code in codes)
    code = codes[0]
    typed = {code, code.upper(), code.replace("-", ""), f" {code.replace('-', ' ')} "}
    assert len({recovery_digest(each) for each in typed}) == 1
    assert recovery_digest(codes[1]) != recovery_digest(code)


def test_a_device_is_told_whose_code_it_makes() -> None:
    secret = new_secret()

    address = device_address(secret, email="a&b@contoso.example")

    assert address.startswith("otpauth://totp/Rollcall:a%26b%40contoso.example?")
    assert f"secret={secret}" in address
    assert "issuer=Rollcall" in address
    assert new_secret() != secret
