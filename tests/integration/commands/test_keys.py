"""Key pairs, as an administrator makes, renews and retires them: a renewal never stops the sync."""

from pathlib import Path
from typing import Any

from tests.integration.commands.office import Office
from tests.sites import Site

SPEC = "people:4,guests=0,disabled=0"


def test_a_key_pair_is_pending_until_microsoft_accepts_it(office: Office, tmp_path: Path) -> None:
    site = office.new_site(SPEC, photos=False)
    (pending,) = _keys(office, site)

    office.done("sync", "run", site.slug)

    (active,) = _keys(office, site)
    assert (pending["state"], pending["activated_at"]) == ("pending", None)
    assert active["state"] == "active"
    assert active["activated_at"] is not None
    assert active["thumbprint_sha1"] == pending["thumbprint_sha1"]


def test_a_new_key_pair_does_not_stop_the_sync_and_takes_over_once_it_is_uploaded(
    office: Office, tmp_path: Path
) -> None:
    site = office.new_site(SPEC, photos=False)
    office.done("sync", "run", site.slug)
    (old,) = _keys(office, site)
    file = tmp_path / "public_key.pem"

    made = office.asked("m365", "key", "new", site.slug, "--out", file, "--days", 90)
    before_upload = _renewed_states(office, site)
    site.application.upload(file.read_text())
    after_upload = _renewed_states(office, site)
    site.application.remove_certificate(old["thumbprint_sha1"])

    assert before_upload == {made["id"]: "pending", old["id"]: "active"}
    assert after_upload == {made["id"]: "active", old["id"]: "retired"}
    assert _renewed_states(office, site) == after_upload
    assert made["days_left"] == 90
    assert "PRIVATE" not in file.read_text()


def test_a_second_new_key_pair_replaces_one_that_was_never_used(
    office: Office, tmp_path: Path
) -> None:
    site = office.new_site(SPEC, photos=False)
    (first,) = _keys(office, site)

    second = office.asked("m365", "key", "new", site.slug, "--out", tmp_path / "k.pem")

    assert _states(office, site) == {first["id"]: "retired", second["id"]: "pending"}


def test_a_file_that_cannot_be_written_leaves_the_key_pairs_as_they_are(
    office: Office, tmp_path: Path
) -> None:
    site = office.new_site(SPEC, photos=False)
    before = office.contents()

    refusal = office.refused("m365", "key", "new", site.slug, "--out", tmp_path / ("k" * 300))

    assert "could not be written" in refusal
    assert office.contents() == before


def test_a_key_pair_is_retired_by_its_thumbprint_and_none_is_left(office: Office) -> None:
    site = office.new_site(SPEC, photos=False)
    office.done("sync", "run", site.slug)
    (key,) = _keys(office, site)

    office.done("m365", "key", "retire", site.slug, key["thumbprint_sha1"][:8].lower())
    again = office.refused("m365", "key", "retire", site.slug, key["id"])
    failed = office.refused("sync", "run", site.slug)

    assert "retired already" in again
    assert "no key pair" in failed
    assert "connect-microsoft-365.md" in failed
    assert _states(office, site) == {key["id"]: "retired"}


def test_a_tenant_that_knows_the_older_signature_only_is_asked_with_it_from_then_on(
    office: Office,
) -> None:
    site = office.new_site(SPEC, photos=False)
    office.simulator.fault("aadsts", host="login", code=700027, times=1)

    run = office.asked("sync", "run", site.slug)
    first = _token_requests(office)
    site.simulator.revoke_tokens()
    office.done("sync", "run", site.slug)

    assert run["state"] == "applied"
    assert first == 2, "once with each signature"
    assert _token_requests(office) == 3, "it was not remembered which one is known"


def _keys(office: Office, site: Site) -> list[dict[str, Any]]:
    keys: list[dict[str, Any]] = office.asked("m365", "key", "list", site.slug)
    return keys


def _states(office: Office, site: Site) -> dict[int, str]:
    return {each["id"]: each["state"] for each in _keys(office, site)}


def _renewed_states(office: Office, site: Site) -> dict[int, str]:
    """Run a sync that needs a new token; return the states of the key pairs after it."""
    site.simulator.revoke_tokens()
    assert office.asked("sync", "run", site.slug)["state"] == "applied"
    return _states(office, site)


def _token_requests(office: Office) -> int:
    return sum(
        each.path.endswith("/oauth2/v2.0/token") for each in office.simulator.requests(host="login")
    )
