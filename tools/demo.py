"""make demo: a simulated Microsoft 365, the sample company, a preview, a sync, a day's changes.

Everything is done with the programs that an administrator has: `m365sim` plays Microsoft,
`rollcall` is the product. With --stay, what is printed after “$” can be typed again at the end.
"""

import argparse
import json
import os
import shlex
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.rule import Rule

HOME = Path("var/demo")
SIMULATOR_HOME = HOME / "m365"
SLUG = "contoso"
BIN = Path(sys.executable).parent
SECONDS = 60

console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)


def main() -> None:
    """Run the demo from an empty directory to the second report."""
    parser = argparse.ArgumentParser(prog="make demo")
    parser.add_argument(
        "--stay", action="store_true", help="leave the simulator running at the end"
    )
    options = parser.parse_args()
    begun = time.monotonic()
    _begin_empty()
    with _simulator() as state:
        directory = state["directories"][0]
        _tell_clouds(state)
        _connect(directory, state["control"])
        _first_sync()
        with _service() as address:
            _a_day_passes(directory, state["control"])
            _second_sync()
            _show_service(address)
            console.print(f"The demo took {time.monotonic() - begun:.0f} seconds.", style="dim")
            if options.stay:
                _stay()


def _begin_empty() -> None:
    if HOME.exists():
        _drop_database()
        shutil.rmtree(HOME)
    HOME.mkdir(parents=True)


def _drop_database() -> None:
    """Remove an earlier demo's cluster, which stands elsewhere if the checkout is closed."""
    note = HOME / "database.json"
    if note.exists():
        _run("rollcall", "doctor", quiet=True, check=False)  # ends a server left running
        shutil.rmtree(HOME / json.loads(note.read_text())["directory"])


@contextmanager
def _simulator() -> Iterator[dict[str, Any]]:
    _title("A simulated Microsoft 365 with the company Contoso")
    ports = ["--login", "127.0.0.1:0", "--graph", "127.0.0.1:0", "--control", "127.0.0.1:0"]
    command = [str(BIN / "m365sim"), "serve", "--home", str(SIMULATOR_HOME), "--directory", SLUG]
    process = subprocess.Popen([*command, *ports], stdout=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline() if process.stdout else ""
        if not line:
            raise SystemExit("The simulator did not start.")
        console.print(line.strip(), style="dim")
        yield json.loads((SIMULATOR_HOME / "sim.json").read_text())
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(SECONDS)


def _tell_clouds(state: dict[str, Any]) -> None:
    (HOME / "rollcall.toml").write_text(
        'web_domain = "pbx.contoso.example"\n\n'
        "[clouds.CONTOSO-SIM]\n"
        f'login = "{state["login"]}"\n'
        f'graph = "{state["graph"]}"\n'
        f'portal = "{state["login"]}"\n'
        f'ca_file = "{state["ca_file"]}"\n'
    )


@contextmanager
def _service() -> Iterator[str]:
    _title("From now on the service does it, every night")
    with socket.socket() as any_free:
        any_free.bind(("127.0.0.1", 0))
        listen = "{}:{}".format(*any_free.getsockname())
    console.print("$ rollcall up &", style="bold cyan")
    process = subprocess.Popen(
        [str(BIN / "rollcall"), "up"],
        env={**os.environ, "ROLLCALL_HOME": str(HOME), "ROLLCALL_LISTEN": listen},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        for line in process.stdout or ():
            console.print(line.rstrip(), style="dim", markup=False)
            if "ready after" in line:
                break
        else:
            raise SystemExit("The service did not start: see var/demo/log.")
        console.print()
        yield f"https://{listen}"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(SECONDS)


def _show_service(address: str) -> None:
    _title("Is it well?")
    trusted = ssl.create_default_context(cafile=str(HOME / "tls" / "certificate.pem"))
    console.print(f"$ curl --cacert {HOME}/tls/certificate.pem {address}/readyz", style="bold cyan")
    with urllib.request.urlopen(f"{address}/readyz", timeout=SECONDS, context=trusted) as answer:  # noqa: S310 - an https address of ours
        console.print(answer.read().decode(), markup=False, soft_wrap=True)
    console.print()


def _connect(directory: dict[str, Any], control: str) -> None:
    application = directory["applications"][0]["application_id"]
    _title("A tenant, and its integration")
    _run(
        *("rollcall", "tenant", "add", SLUG, "--name", "Contoso Ltd"),
        *("--sip-domain", "contoso.example", "--time-zone", "Europe/Berlin", "--country", "DE"),
    )
    _run(
        *("rollcall", "m365", "set", SLUG, "--cloud", "CONTOSO-SIM"),
        *("--application-id", application, "--directory-id", directory["directory_id"]),
        *("--start", "2000", "--end", "2099"),
        *("--personal-contacts", "on", "--company-contacts", "on"),
    )
    key = HOME / "public_key.pem"
    _run("rollcall", "m365", "key", "new", SLUG, "--out", str(key))
    _title("The administrator uploads public_key.pem to the application in Entra")
    path = f"/directories/{directory['directory_id']}/applications/{application}/certificates"
    _control(control, path, key.read_bytes())
    _run("rollcall", "m365", "check", SLUG)


def _first_sync() -> None:
    _title("What would change?")
    _run("rollcall", "sync", "run", SLUG, "--dry-run")
    _title("The first sync")
    _run("rollcall", "sync", "run", SLUG)
    _title("The extensions")
    _run("rollcall", "extensions", "list", SLUG)


def _a_day_passes(directory: dict[str, Any], control: str) -> None:
    _title("A day passes at Contoso")
    ids = _ids_by_name(control, directory["directory_id"])
    joiner = {
        "displayName": "Mira Petrović",
        "givenName": "Mira",
        "surname": "Petrović",
        "department": "Sales",
        "mobilePhone": "+381 60 555 0142",
    }
    customer = {
        "displayName": "Tailspin Toys",
        "companyName": "Tailspin Toys",
        "businessPhones": ["+1 (425) 555-0109 x12"],
    }
    marriage = {"surname": "Lindqvist", "displayName": "Ingrid Lindqvist"}
    changes: dict[str, dict[str, Any]] = {
        "Oliver Hawthorne leaves": {"op": "disable", "user": ids["Oliver Hawthorne"]},
        "Ingrid Österlund marries": {
            "op": "update_user",
            "user": ids["Ingrid Österlund"],
            "set": marriage,
        },
        "Mira Petrović joins": {"op": "add_user", "set": joiner},
        "Hannah Goldberg notes a customer's number": {
            "op": "add_contact",
            "user": ids["Hannah Goldberg"],
            "set": customer,
        },
        "Kim Nguyễn has a new photo": {
            "op": "set_photo",
            "user": ids["Kim Nguyễn"],
            "seed": "new",
        },
    }
    for words in changes:
        console.print(f"  {words}")
    body = json.dumps({"changes": list(changes.values())}).encode()
    _control(control, f"/directories/{directory['directory_id']}/changes", body)


def _ids_by_name(control: str, directory_id: str) -> dict[str, str]:
    answer = _control(control, f"/directories/{directory_id}/users?show=properties")
    return {user["properties"]["displayName"]: user["id"] for user in answer["users"]}


def _second_sync() -> None:
    _title("The next night")
    _run("rollcall", "sync", "run", SLUG)
    _title("And the night after: nothing to do")
    _run("rollcall", "sync", "run", SLUG)
    _title("Why is somebody not there?")
    _run("rollcall", "sync", "explain", SLUG, "Gregor Hahn")


def _stay() -> None:
    console.print(f"Type on with: export ROLLCALL_HOME={HOME}   Ctrl-C ends it.")
    try:
        signal.pause()
    except KeyboardInterrupt:
        console.print("Ended.")


def _control(control: str, path: str, body: bytes | None = None) -> dict[str, Any]:
    request = urllib.request.Request(f"{control}{path}", data=body)  # noqa: S310 - the simulator's own http address
    with urllib.request.urlopen(request, timeout=SECONDS) as response:  # noqa: S310 - the same
        answer: dict[str, Any] = json.loads(response.read())
    return answer


def _run(program: str, *arguments: str, quiet: bool = False, check: bool = True) -> None:
    if not quiet:
        console.print(f"$ {shlex.join([program, *arguments])}", style="bold cyan", markup=False)
    width = {} if sys.stdout.isatty() else {"COLUMNS": "140"}
    done = subprocess.run(
        [str(BIN / program), *arguments],
        env={**os.environ, **width, "ROLLCALL_HOME": str(HOME)},
        stdout=subprocess.DEVNULL if quiet else None,
        stderr=subprocess.DEVNULL if quiet else None,
        check=False,
    )
    if check and done.returncode:
        raise SystemExit(
            f"The demo stops: “{program} {arguments[0]}” ended with {done.returncode}."
        )
    if not quiet:
        console.print()


def _title(words: str) -> None:
    console.print(Rule(words, align="left", style="dim"))


if __name__ == "__main__":
    main()
