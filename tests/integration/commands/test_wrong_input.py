"""Wrong input: the exit code, one sentence on stderr, and nothing changed.

The commands of the table are run as processes, a few at a time, and then looked at one by one.
"""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.integration.commands.office import Office
from tests.integration.commands.program import Ended
from tests.simulator.control import Simulator

AT_ONCE = 3
FAILED, MISUSED = 1, 2


@dataclass(frozen=True)
class Wrong:
    """A command line (`{tenant}` and `{files}` are filled in), its exit code, words it says."""

    line: str
    says: str
    code: int = FAILED


SET = "m365 set {tenant}"
WRONG = (
    Wrong(f"{SET} --application-id 12345", "Application (client) ID"),
    Wrong(f"{SET} --directory-id contoso.example", "Directory (tenant) ID"),
    Wrong(f"{SET} --directory-id 3f2504e0-4f89-11d3-9a0c-0305e82c330", "GUID"),
    Wrong(f"{SET} --cloud MARS", "MARS"),
    Wrong(f"{SET} --sync-time 25:00", "25:00"),
    Wrong(f"{SET} --sync-time noon", "HH:MM"),
    Wrong(f"{SET} --start 3000 --end 2000", "before"),
    Wrong(f"{SET} --start 300 --end 4000", "same number of digits"),
    Wrong(f"{SET} --start 0300", "first one not 0"),
    Wrong(f"{SET} --start 12", "3 to 13 digits"),
    Wrong(f"{SET} --leavers forget", "release:30"),
    Wrong(f"{SET} --leavers release:soon", "release:30"),
    Wrong(f"{SET} --leavers release:9999", "0 to 3650 days"),
    Wrong(f"{SET} --enforce-sign-in on", "no local administrator with a password"),
    Wrong(f"{SET} --users maybe", "maybe", MISUSED),
    Wrong(f"{SET} --select some", "some", MISUSED),
    Wrong(f"{SET} --certificate-days 0", "1 to"),
    Wrong(f"{SET} --select only", "Only"),
    Wrong(f"{SET} --select only --people {{files}}/empty.txt", "Only"),
    Wrong(f"{SET} --people {{files}}/people.txt", "mode"),
    Wrong(f"{SET} --select only --people {{files}}/missing.txt", "missing.txt", MISUSED),
    Wrong(f"{SET} --select only --people {{files}}/latin.txt", "UTF-8"),
    Wrong("m365 set nobody --users on", "There is no tenant"),
    Wrong("m365 show nobody", "There is no tenant"),
    Wrong("m365 key new {tenant} --out {files}/key.pem --days 0", "1 to"),
    Wrong("m365 key new {tenant} --out {files}/none/key.pem", "no directory"),
    Wrong("m365 key new {tenant}", "--out", MISUSED),
    Wrong("m365 key retire {tenant} 999999", "no key pair"),
    Wrong("sync run nobody", "There is no tenant"),
    Wrong("sync run {tenant} --only nonsense", "nonsense", MISUSED),
    Wrong("sync run {tenant} --only ,", "no stage", MISUSED),
    Wrong("sync run {tenant} --only personal-contacts", "switched off"),
    Wrong("sync run", "SLUG", MISUSED),
    Wrong("sync walk {tenant}", "walk", MISUSED),
    Wrong("sync report 999999", "no run 999999"),
    Wrong("sync report last", "last", MISUSED),
    Wrong("sync approve 999999", "no run 999999"),
    Wrong("sync discard 999999", "no run 999999"),
    Wrong("sync cancel 999999", "no run 999999"),
    Wrong("sync runs {tenant} --limit 0", "limit", MISUSED),
    Wrong("sync explain {tenant} nobody@nowhere.example", "Nobody of the directory"),
    Wrong("sync pause nobody", "There is no tenant"),
    Wrong("extensions list nobody", "There is no tenant"),
    Wrong("extensions add {tenant} 12", "3 to 13 digits"),
    Wrong("extensions add {tenant} 0123", "first one not 0"),
    Wrong("extensions edit {tenant} 4999 --first-name A", "no extension 4999"),
    Wrong("extensions delete {tenant} 4999", "no extension 4999"),
    Wrong("extensions link {tenant} 4999 somebody", "no extension 4999"),
    Wrong("extensions separate {tenant} nobody@nowhere.example", "Nobody of the directory"),
    Wrong("extensions import {tenant} {files}/bad.csv", "line 2"),
    Wrong("extensions import {tenant} {files}/columns.csv", "two columns"),
    Wrong("extensions import {tenant} {files}/twice.csv", "stands in line 1 already"),
    Wrong("extensions import {tenant} {files}/latin.txt", "UTF-8"),
    Wrong("contacts list {tenant} --owner 4999", "no extension 4999"),
    Wrong("contacts list {tenant} --owner 4999 --company", "Choose", MISUSED),
    Wrong("export nobody", "There is no tenant"),
    Wrong("import {tenant} {files}/bad.csv", "no file of settings"),
    Wrong("import {tenant} {files}/latin.txt", "no file of settings"),
    Wrong("import {tenant} {files}/settings.json", "leavers"),
    Wrong("tenant show nobody", "There is no tenant"),
    Wrong(
        "tenant add Contoso! --name C --sip-domain c.example --time-zone UTC --country DE", "short"
    ),
    Wrong("tenant add t1 --name C --sip-domain c.example --time-zone Mars --country DE", "Mars"),
    Wrong("tenant add t1 --name C --sip-domain c.example --time-zone UTC --country XX", "XX"),
    Wrong("tenant add t1 --name C --sip-domain c_d --time-zone UTC --country DE", "domain"),
    Wrong("tenant add t1 --name C", "Missing option", MISUSED),
    Wrong(
        "tenant add {tenant} --name C --sip-domain c.example --time-zone UTC --country DE",
        "short name",
    ),
    Wrong(
        "tenant add t1 --name C --sip-domain {tenant}.example --time-zone UTC --country DE",
        "SIP domain",
    ),
    Wrong("tenant set {tenant} --extension-range 5000-4000", "before"),
    Wrong("tenant set {tenant} --reserved none", "none"),
    Wrong("tenant delete nobody --yes", "There is no tenant"),
    Wrong("frobnicate", "frobnicate", MISUSED),
)

FILES = {
    "empty.txt": b"\n  \n",
    "people.txt": b"somebody@nowhere.example\n",
    "latin.txt": "m\u00fcller@nowhere.example,2000\n".encode("latin-1"),
    "bad.csv": b"person,number\nsomebody@nowhere.example,12\n",
    "columns.csv": b"somebody@nowhere.example\n",
    "twice.csv": b"a@nowhere.example,4000\nb@nowhere.example,4000\n",
}


@dataclass(frozen=True)
class Outcome:
    """What all commands of the table came to, and whether anything changed."""

    ended: Mapping[Wrong, Ended]
    changed: list[str]


@pytest.fixture(scope="module")
def outcome(
    open_office: Office, running_simulator: Simulator, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Outcome]:
    """Run the whole table, with a tenant that has a directory and no run yet."""
    running_simulator.reset(directories=True)
    site = open_office.new_site("people:5", photos=False)
    files = tmp_path_factory.mktemp("files")
    for name, content in FILES.items():
        (files / name).write_bytes(content)
    _write_settings(open_office, site.slug, files / "settings.json")
    before = open_office.contents()

    def run(wrong: Wrong) -> Ended:
        line = wrong.line.format(tenant=site.slug, files=files)
        return open_office.program.run(*line.split())

    with ThreadPoolExecutor(AT_ONCE) as pool:
        ended = dict(zip(WRONG, pool.map(run, WRONG), strict=True))
    after = open_office.contents()
    yield Outcome(ended, [name for name in before if before[name] != after[name]])
    running_simulator.reset(directories=True)


def _write_settings(office: Office, slug: str, path: Path) -> None:
    """Write a file of settings with a value that no setting has."""
    text = office.done("export", slug).out
    path.write_text(text.replace('"leavers": "block"', '"leavers": "forget"'))


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.line)
def test_wrong_input_is_refused_in_a_sentence(outcome: Outcome, wrong: Wrong) -> None:
    ended = outcome.ended[wrong]

    assert ended.code == wrong.code, ended
    assert wrong.says in ended.err, ended.err
    assert "Traceback" not in ended.err
    assert ended.out == ""
    sentences = [line for line in ended.err.splitlines() if line.startswith("Error: ")]
    assert len(sentences) == 1, ended.err


def test_nothing_that_was_refused_changed_anything(outcome: Outcome) -> None:
    assert outcome.changed == []
