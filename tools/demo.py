"""make demo: a simulated Microsoft 365, the sample company, a preview, a sync, a day's changes, and
then the portal, which stays up until `make demo-stop`.

Everything is done with the programs that an administrator has: `m365sim` plays Microsoft,
`rollcall` is the product. What is printed after “$” can be typed again.
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
import tomllib
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.rule import Rule

HOME = Path("var/demo")
SIMULATOR_HOME = HOME / "m365"
NOTE = HOME / "demo.json"
"""The processes that stay, so that the next demo (or --stop) ends them."""

PORT = 8443
SWITCH_PORTS = {"sip_port": 5060, "sips_port": 5061, "wss_port": 8444}
SLUG = "contoso"
BIN = Path(sys.executable).parent
SECONDS = 60

console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)


def main() -> None:
    """Run the demo from an empty directory to the open portal; or end what an earlier one left."""
    parser = argparse.ArgumentParser(prog="make demo")
    parser.add_argument("--stop", action="store_true", help="end what an earlier demo left running")
    if parser.parse_args().stop:
        console.print("The demo is stopped." if _stop_earlier() else "No demo is running.")
        return
    begun = time.monotonic()
    _begin_empty()
    try:
        _run_demo()
    except BaseException:
        _stop_earlier()
        raise
    console.print(f"The demo took {time.monotonic() - begun:.0f} seconds.", style="dim")


def _run_demo() -> None:
    state = _start_simulator()
    directory = state["directories"][0]
    port = _free_port()
    _write_settings(state, port, _switch_ports())
    _connect(directory, state["control"], f"https://localhost:{port}")
    _first_sync()
    address = _start_service(port)
    _a_day_passes(directory, state["control"])
    _second_sync()
    _show_service(address)
    _show_portal(address, state)


def _begin_empty() -> None:
    _stop_earlier()
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


def _start_simulator() -> dict[str, Any]:
    _title("A simulated Microsoft 365 with the company Contoso")
    ports = ["--login", "127.0.0.1:0", "--graph", "127.0.0.1:0", "--control", "127.0.0.1:0"]
    state = SIMULATOR_HOME / "sim.json"
    log = _start("m365sim", "serve", "--home", str(SIMULATOR_HOME), "--directory", SLUG, *ports)
    _await(log, "m365sim", lambda text: "\n" in text and state.exists())
    console.print(log.read_text().strip(), style="dim")
    found: dict[str, Any] = json.loads(state.read_text())
    return found


def _write_settings(state: dict[str, Any], port: int, switch: dict[str, int]) -> None:
    lines = "".join(f"{name} = {number}\n" for name, number in switch.items())
    (HOME / "rollcall.toml").write_text(
        f'listen = "127.0.0.1:{port}"\nweb_domain = "localhost:{port}"\n{lines}\n'
        "[clouds.CONTOSO-SIM]\n"
        f'login = "{state["login"]}"\n'
        f'graph = "{state["graph"]}"\n'
        f'portal = "{state["login"]}"\n'
        f'ca_file = "{state["ca_file"]}"\n'
    )


def _start_service(port: int) -> str:
    _title("From now on the service does it, every night")
    console.print("$ rollcall up &", style="bold cyan")
    log = _start("rollcall", "up")
    _await(log, "rollcall up", lambda text: "ready after" in text)
    for line in log.read_text().splitlines():
        console.print(line, style="dim", markup=False)
    console.print()
    return f"https://localhost:{port}"


def _free_port() -> int:
    """Return the usual port, or any free one while something else listens there."""
    if _bound(PORT):
        return PORT
    console.print(f"Port {PORT} is taken by another program: the portal takes another one.")
    return _bound(0)


def _switch_ports() -> dict[str, int]:
    """Return the usual ports of the switch, or any free ones where those are taken."""
    kinds = (socket.SOCK_STREAM, socket.SOCK_DGRAM)
    return {
        name: usual if all(_bound(usual, kind) for kind in kinds) else _bound(0)
        for name, usual in SWITCH_PORTS.items()
    }


def _bound(port: int, kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """Return the port if it could be bound (0 asks for any); 0 if not."""
    with socket.socket(socket.AF_INET, kind) as tried:
        if kind == socket.SOCK_STREAM:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind(("127.0.0.1", port))
        except OSError:
            return 0
        return int(tried.getsockname()[1])


def _start(program: str, *arguments: str) -> Path:
    """Start a program that stays; return the file that its words go to."""
    log = HOME / f"{program}.out"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [str(BIN / program), *arguments],
            env={**os.environ, "ROLLCALL_HOME": str(HOME)},
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    known = json.loads(NOTE.read_text()) if NOTE.exists() else {}
    NOTE.write_text(json.dumps({**known, program: process.pid}))
    return log


def _await(log: Path, what: str, ready: Callable[[str], bool]) -> None:
    for _ in range(SECONDS * 10):
        if ready(log.read_text()):
            return
        time.sleep(0.1)
    raise SystemExit(f"{what} did not start within {SECONDS} seconds: see {log}.")


def _stop_earlier() -> bool:
    """End the processes of an earlier demo, the service before the simulator."""
    if not NOTE.exists():
        return False
    known: dict[str, int] = json.loads(NOTE.read_text())
    running = [pid for name, pid in sorted(known.items(), reverse=True) if _is_ours(name, pid)]
    for pid in running:
        os.kill(pid, signal.SIGTERM)
        for _ in range(SECONDS * 10):
            if not Path(f"/proc/{pid}").exists() or _is_zombie(pid):
                break
            time.sleep(0.1)
        else:
            raise SystemExit(f"The process {pid} of an earlier demo does not end.")
    NOTE.unlink()
    return bool(running)


def _is_ours(program: str, pid: int) -> bool:
    """Tell whether a process is still the one that was started: numbers are used again."""
    try:
        return f"/{program}\0".encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def _is_zombie(pid: int) -> bool:
    try:
        return ") Z " in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return True


def _show_service(address: str) -> None:
    _title("Is it well?")
    trusted = ssl.create_default_context(cafile=str(HOME / "tls" / "certificate.pem"))
    console.print(f"$ curl --cacert {HOME}/tls/certificate.pem {address}/readyz", style="bold cyan")
    with urllib.request.urlopen(f"{address}/readyz", timeout=SECONDS, context=trusted) as answer:  # noqa: S310 - an https address of ours
        console.print(answer.read().decode(), markup=False, soft_wrap=True)
    console.print()


def _connect(directory: dict[str, Any], control: str, portal: str) -> None:
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
        *("--personal-contacts", "on", "--company-contacts", "on", "--sign-in", "on"),
    )
    key = HOME / "public_key.pem"
    _run("rollcall", "m365", "key", "new", SLUG, "--out", str(key))
    _title("The administrator uploads public_key.pem to the application in Entra")
    path = f"/directories/{directory['directory_id']}/applications/{application}"
    _control(control, f"{path}/certificates", key.read_bytes())
    addresses = {
        "redirect_uris": [f"{portal}/ms365/callback"],
        "logout_url": f"{portal}/ms365/logout",
        "optional_claims": ["login_hint"],
    }
    _control(control, path, json.dumps(addresses).encode(), method="PATCH")
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


def _show_portal(address: str, state: dict[str, Any]) -> None:
    _title("The portal is open")
    console.print(f"The portal                    {address}", soft_wrap=True)
    console.print(f"Applications at “Microsoft”   {state['login']}", soft_wrap=True)
    console.print()
    console.print("Sign in with “Microsoft” as anybody of Contoso; every password is right:")
    console.print(f"  the portal                  {address}/t/{SLUG}/", soft_wrap=True)
    console.print(f"  the web phone               {address}/phone/", soft_wrap=True)
    console.print(f"  for example as              {_somebody()}", soft_wrap=True)
    console.print()
    console.print("Or sign in with one of these links. Each works once, within a day:")
    for words, options in _people().items():
        done = _ask("admin", "link", *options)
        console.print(f"  {words:<28}{done['link']}", soft_wrap=True)
    console.print("New links: rollcall admin link --help", style="dim")
    _show_calls(address)
    console.print()
    console.print("Your browser will warn: the certificates were made by the demo for itself.")
    console.print(f"Type on with: export ROLLCALL_HOME={HOME}     End it with: make demo-stop")


def _show_calls(address: str) -> None:
    """Say how two people call each other; or, where the switch is missing, how to get it."""
    console.print()
    said = {each["step"]: each["message"] for each in _ask("doctor", check=False)["findings"]}
    if "switch address" not in said:
        console.print(f"Nobody can call here. The switch: {said.get('switch', 'it does not run.')}")
        console.print("With its programs (make deps), make demo shows how to make a call.")
        return
    wss = _settings()["wss_port"]
    numbers = {each["display_name"]: each["number"] for each in _ask("extensions", "list", SLUG)}
    console.print("To make a call, be two people in two browsers (or one private window):")
    console.print(f"  1. let both accept the switch's certificate at https://localhost:{wss}/")
    console.print(f"  2. open {address}/phone/ in both, as Hannah Goldberg and as Kim Nguyễn")
    console.print(f"  3. Hannah dials {numbers['Kim Nguyễn']}, Kim answers")


def _settings() -> dict[str, Any]:
    return tomllib.loads((HOME / "rollcall.toml").read_text())


def _somebody() -> str:
    """Return the principal name of one of the people."""
    listed = _ask("extensions", "list", SLUG)
    hannah = next(each for each in listed if each["display_name"] == "Hannah Goldberg")
    return str(hannah["principal_name"])


def _people() -> dict[str, tuple[str, ...]]:
    """Return who may sign in, with what the command needs to know of them."""
    listed = _ask("extensions", "list", SLUG)
    kim = next(each for each in listed if each["display_name"] == "Kim Nguyễn")
    at_contoso = ("--tenant", SLUG)
    return {
        "a system administrator": ("--email", "system@provider.example"),
        "an administrator of Contoso": ("--email", "admin@contoso.example", *at_contoso),
        "a user of Contoso": (
            *("--email", kim["email"], *at_contoso, "--role", "user"),
            *("--name", kim["display_name"], "--extension", str(kim["number"])),
        ),
    }


def _control(
    control: str, path: str, body: bytes | None = None, *, method: str | None = None
) -> dict[str, Any]:
    url = f"{control}{path}"
    request = urllib.request.Request(url, data=body, method=method)  # noqa: S310 - the simulator's own http address
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


def _ask(*arguments: str, check: bool = True) -> Any:
    """Return the JSON that a command of ours answers."""
    done = subprocess.run(
        [str(BIN / "rollcall"), *arguments, "--json"],
        env={**os.environ, "ROLLCALL_HOME": str(HOME)},
        stdout=subprocess.PIPE,
        check=check,
    )
    return json.loads(done.stdout)


def _title(words: str) -> None:
    console.print(Rule(words, align="left", style="dim"))


if __name__ == "__main__":
    main()
