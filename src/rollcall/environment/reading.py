"""From the variables and rollcall.toml to one frozen Environment; the first fault ends it."""

import re
import tomllib
from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path

import msgspec

from rollcall.environment.errors import ConfigurationError
from rollcall.environment.parsing import parse_path
from rollcall.environment.settings import (
    BUILT_IN_CLOUDS,
    CLOUD_SETTINGS,
    CLOUD_SWITCHES,
    FILE_NAME,
    REQUIRED_OF_CLOUD,
    SETTINGS,
    Setting,
)
from rollcall.environment.values import Environment, OperatorCloud

PREFIX = "ROLLCALL_"
TEST_PREFIX = "ROLLCALL_TEST_"
INSTALLED_HOME = Path("/var/lib/rollcall")

_CLOUD_NAME = re.compile(r"[A-Z0-9_-]+", re.ASCII)


def read_environment(*, environ: Mapping[str, str], cwd: Path) -> Environment:
    """What this machine was told. Raises ConfigurationError.

    Variables win over the file, and an empty variable counts as not set.
    """
    _refuse_unknown_variables(environ)
    home = _home(environ, cwd)
    file = home / FILE_NAME
    table = _file_table(file)
    clouds = _clouds(table.pop("clouds", {}), file)
    _refuse_unknown_keys(table, [s.name for s in SETTINGS if s.in_file], str(file))
    values = {s.name: _value(s, environ, table, file) for s in SETTINGS if s.in_file}
    _refuse_half_pair(values, file)
    return msgspec.convert({"home": home, "clouds": clouds, **values}, Environment)


def _home(environ: Mapping[str, str], cwd: Path) -> Path:
    text = environ.get(f"{PREFIX}HOME", "").strip()
    if not text:
        return (cwd / "var" if _is_checkout(cwd) else INSTALLED_HOME).resolve()
    try:
        return parse_path(text, cwd).resolve()
    except ValueError as error:
        raise ConfigurationError(f"{PREFIX}HOME: {error}.") from error


def _is_checkout(directory: Path) -> bool:
    """Rollcall's own sources, not any repository: /etc under etckeeper is one, too."""
    try:
        project = tomllib.loads((directory / "pyproject.toml").read_text()).get("project", {})
    except (OSError, ValueError):
        return False
    return isinstance(project, dict) and project.get("name") == "rollcall"


def _file_table(file: Path) -> dict[str, object]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConfigurationError(
            f"{file} cannot be read ({error.strerror}); "
            "run rollcall as the user that it belongs to, or set ROLLCALL_HOME to another place."
        ) from error
    except ValueError as error:
        raise ConfigurationError(f"{file} is not a TOML file: {error}.") from error


def _value(
    setting: Setting, environ: Mapping[str, str], table: Mapping[str, object], file: Path
) -> object:
    variable = setting.variable or ""
    if text := environ.get(variable, "").strip():
        return _parse(setting, text, base=file.parent, where=variable)
    return _file_value(setting, table, file, where=f"{setting.name} in {file}")


def _file_value(setting: Setting, table: Mapping[str, object], file: Path, *, where: str) -> object:
    written = table.get(setting.name, setting.default)
    if written is None:
        return None
    if setting.number and type(written) is int:
        written = str(written)
    if not isinstance(written, str) or not written.strip():
        raise ConfigurationError(
            f"{where}: write a text in quotes, or leave the line out to have it unset."
        )
    return _parse(setting, written.strip(), base=file.parent, where=where)


def _parse(setting: Setting, text: str, *, base: Path, where: str) -> object:
    try:
        return setting.parse(text, base)
    except ValueError as error:
        raise ConfigurationError(f"{where}: {error}.") from error


def _clouds(tables: object, file: Path) -> tuple[OperatorCloud, ...]:
    if not isinstance(tables, dict):
        raise ConfigurationError(
            f"clouds in {file}: write one table for each cloud, such as [clouds.CONTOSO]."
        )
    return tuple(_cloud(name, table, file) for name, table in tables.items())


def _cloud(name: str, table: object, file: Path) -> OperatorCloud:
    place = f"[clouds.{name}] in {file}"
    _check_cloud_name(name, place)
    if not isinstance(table, dict):
        raise ConfigurationError(f"{place}: write a table with login and graph.")
    known = [s.name for s in CLOUD_SETTINGS] + [s.name for s in CLOUD_SWITCHES]
    _refuse_unknown_keys(table, known, place)
    if missing := sorted(REQUIRED_OF_CLOUD - table.keys()):
        raise ConfigurationError(f"{place}: {' and '.join(missing)} must be given.")
    values = {
        s.name: _file_value(s, table, file, where=f"{s.name} of {place}") for s in CLOUD_SETTINGS
    }
    switches = {s.name: table.get(s.name, s.default) for s in CLOUD_SWITCHES}
    for key, value in switches.items():
        if not isinstance(value, bool):
            raise ConfigurationError(f"{key} of {place}: write true or false.")
    issuer = str(values["issuer"]).replace("{login}", str(values["login"]))
    return msgspec.convert({"name": name, **values, **switches, "issuer": issuer}, OperatorCloud)


def _check_cloud_name(name: str, place: str) -> None:
    if _CLOUD_NAME.fullmatch(name) is None:
        raise ConfigurationError(
            f"{place}: a cloud's name is made of upper-case letters, digits, '-' and '_'."
        )
    if name in BUILT_IN_CLOUDS:
        raise ConfigurationError(f"{place}: {name} is built in; give your cloud another name.")


def _refuse_half_pair(values: Mapping[str, object], file: Path) -> None:
    for here, absent in (("tls_cert", "tls_key"), ("tls_key", "tls_cert")):
        if values[here] is not None and values[absent] is None:
            raise ConfigurationError(
                f"{absent} is missing: {here} is set, and the two go together; "
                f"set {PREFIX}{absent.upper()} or {absent} in {file}."
            )


def _refuse_unknown_variables(environ: Mapping[str, str]) -> None:
    known = [s.variable for s in SETTINGS if s.variable]
    ours = (v for v in environ if v.startswith(PREFIX) and not v.startswith(TEST_PREFIX))
    for variable in sorted(set(ours) - set(known)):
        raise ConfigurationError(f"{variable} is not a setting; {_suggestion(variable, known)}.")


def _refuse_unknown_keys(table: Iterable[str], known: Collection[str], place: str) -> None:
    for key in table:
        if key not in known:
            raise ConfigurationError(
                f"{key} in {place} is not a setting; {_suggestion(key, known)}."
            )


def _suggestion(word: str, known: Collection[str]) -> str:
    near = get_close_matches(word, known, n=1)
    return f"did you mean {near[0]}" if near else f"there are {', '.join(known)}"
