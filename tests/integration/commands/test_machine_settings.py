"""Settings of the machine that are wrong: no command begins, and a sentence names the setting."""

from pathlib import Path

import pytest

from tests.integration.commands.program import Program

FILES = {
    "listen = 8443": "listen",
    "unheard_of = 'x'": "unheard_of",
    "web_domain = 'https://pbx.example'": "web_domain",
    "log_level = 'loud'": "log_level",
    "[clouds.mars]\nlogin = 'https://l.example'\ngraph = 'https://g.example'": "mars",
    "[clouds.MARS]\nlogin = 'https://l.example'": "graph",
    "[clouds.MARS]\nlogin = 'http://l.example'\ngraph = 'https://g.example'": "login",
    "[clouds.GLOBAL]\nlogin = 'https://l.example'\ngraph = 'https://g.example'": "GLOBAL",
    "[clouds.MARS]\nlogin = 'https://l.example'\ngraph = 'https://g.example'\nca_file = 'no.pem'": (
        "ca_file"
    ),
    "listen = ": "rollcall.toml",
}
VARIABLES = {
    "ROLLCALL_UNHEARD_OF": "x",
    "ROLLCALL_LISTEN": "everywhere",
    "ROLLCALL_TLS_CERT": "/nowhere/cert.pem",
    "ROLLCALL_DATABASE_URL": "mysql://db.example/rollcall",
    "ROLLCALL_POSTGRES_BIN": "/nowhere",
    "ROLLCALL_HTTPS_PROXY": "proxy.example:3128",
}


@pytest.mark.parametrize(("text", "named"), FILES.items())
def test_a_bad_file_stops_every_command_and_names_the_setting(
    tmp_path: Path, text: str, named: str
) -> None:
    (tmp_path / "rollcall.toml").write_text(text)

    _check_refused(Program(tmp_path), named)


@pytest.mark.parametrize(("name", "value"), VARIABLES.items())
def test_a_bad_variable_stops_every_command_and_is_named(
    tmp_path: Path, name: str, value: str
) -> None:
    _check_refused(Program(tmp_path, {name: value}), name)


def _check_refused(program: Program, named: str) -> None:
    ended = program.run("tenant", "list")

    assert ended.code == 1
    assert ended.err.startswith("Error: ")
    assert named in ended.err
    assert len(ended.err.splitlines()) == 1
    assert ended.out == ""
    assert not (program.home / "database").exists(), "a database was begun"
