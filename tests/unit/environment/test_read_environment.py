"""Where settings are read from, and what is said when they cannot be used."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from rollcall.environment import (
    SETTINGS,
    ConfigurationError,
    Environment,
    HostPort,
    PortRange,
    read_environment,
)


def read(home: Path, toml: str = "", **variables: str) -> Environment:
    home.mkdir(exist_ok=True)
    (home / "rollcall.toml").write_text(toml, encoding="utf-8")
    return read_environment(
        environ={"ROLLCALL_HOME": str(home), "PATH": "/bin", **variables}, cwd=Path("/")
    )


def fault(home: Path, toml: str = "", **variables: str) -> str:
    with pytest.raises(ConfigurationError) as raised:
        read(home, toml, **variables)
    return str(raised.value)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


class TestHome:
    def test_a_checkout_keeps_its_things_in_var(self, tmp_path: Path) -> None:
        (tmp_path / "pyproject.toml").write_text('[project]\nname = "rollcall"\n')
        assert read_environment(environ={}, cwd=tmp_path).home == (tmp_path / "var").resolve()

    @pytest.mark.parametrize(
        "project", ['[project]\nname = "other"\n', "project = 3\n", "not toml at all ["]
    )
    def test_the_sources_of_something_else_are_no_checkout(
        self, tmp_path: Path, project: str
    ) -> None:
        (tmp_path / "pyproject.toml").write_text(project)
        (tmp_path / ".git").mkdir()
        assert self.home_in(tmp_path) == Path("/var/lib/rollcall").resolve()

    def test_anywhere_else_it_is_the_installed_place(self, tmp_path: Path) -> None:
        assert self.home_in(tmp_path) == Path("/var/lib/rollcall").resolve()

    def test_a_relative_home_starts_from_the_working_directory(self, tmp_path: Path) -> None:
        environment = read_environment(environ={"ROLLCALL_HOME": "a/../b"}, cwd=tmp_path)
        assert environment.home == (tmp_path / "b").resolve()

    def test_a_tilde_is_not_taken_for_a_directory(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigurationError, match=r"ROLLCALL_HOME: '~/pbx' .* instead of ~"):
            read_environment(environ={"ROLLCALL_HOME": "~/pbx"}, cwd=tmp_path)

    def home_in(self, cwd: Path) -> Path:
        """The default home, read from the settings that are not in any file."""
        try:
            return read_environment(environ={}, cwd=cwd).home
        except ConfigurationError as error:  # a machine whose own Rollcall is set up wrongly
            pytest.skip(f"this machine's own rollcall.toml cannot be read: {error}")


class TestPlaces:
    def test_nothing_needs_to_be_set(self, tmp_path: Path) -> None:
        environment = read_environment(
            environ={"ROLLCALL_HOME": str(tmp_path / "new")}, cwd=tmp_path
        )
        assert environment == Environment(
            home=(tmp_path / "new").resolve(),
            listen=HostPort("127.0.0.1", 8443),
            web_domain=None,
            sbc_domain=None,
            tls_cert=None,
            tls_key=None,
            https=True,
            database_url=None,
            postgres_bin=None,
            https_proxy=None,
            ca_bundle=None,
            encryption_key_file=(tmp_path / "new").resolve() / "keys/encryption.json",
            log_level="info",
            workers=2,
            worker_slots=8,
            keep_runs_days=400,
            keep_audit_days=1100,
            keep_calls_days=400,
            session_idle_minutes=480,
            session_days=7,
            switch=True,
            sip_address="127.0.0.1",
            sip_public_address=None,
            sip_port=5060,
            sips_port=5061,
            wss_port=8444,
            phone_socket=None,
            loopback_carriers=False,
            carrier_name_servers=None,
            media_ports=PortRange(30000, 39999),
            switch_database_url=None,
            metrics_token=None,
            metrics_tenants=1000,
            clouds=(),
        )

    def test_the_file_in_home_is_read(self, home: Path) -> None:
        environment = read(home, 'web_domain = "PBX.Example.com"\nlog_level = "Debug"')
        assert environment.web_domain == HostPort("pbx.example.com", 443)
        assert environment.log_level == "debug"

    def test_a_number_needs_no_quotes(self, home: Path) -> None:
        assert read(home, "workers = 4").workers == 4
        assert read(home, 'workers = "4"').workers == 4

    def test_a_number_has_bounds(self, home: Path) -> None:
        assert "'65' is not a whole number from 0 to 64" in fault(home, "workers = 65")
        assert "from 0 to 64" in fault(home, 'workers = "-1"')
        assert "from 0 to 64" in fault(home, 'workers = "many"')

    def test_a_switch_is_on_or_off(self, home: Path) -> None:
        assert read(home, 'https = "off"').https is False
        assert "'maybe' is neither on nor off" in fault(home, 'https = "maybe"')

    def test_the_switch_has_one_address_that_others_can_be_told(self, home: Path) -> None:
        assert read(home, 'sip_address = "[2001:DB8::1]"').sip_address == "2001:db8::1"
        assert "'pbx' is not an IP address" in fault(home, 'sip_address = "pbx"')
        assert "stands for many addresses" in fault(home, 'sip_address = "0.0.0.0"')

    def test_name_servers_are_addresses_with_commas_between(self, home: Path) -> None:
        given = 'carrier_name_servers = "192.0.2.53, [2001:db8::53]:5353"'
        assert read(home, given).carrier_name_servers == (
            HostPort("192.0.2.53", 53),
            HostPort("2001:db8::53", 5353),
        )
        for wrong in ("dns.example.com", "192.0.2.53,", "192.0.2.53:0", "192.0.2.999"):
            assert "is not a list of IP addresses" in fault(
                home, f'carrier_name_servers = "{wrong}"'
            )

    def test_media_ports_are_a_range_with_room_for_some_calls(self, home: Path) -> None:
        assert read(home, 'media_ports = "20000-20039"').media_ports == PortRange(20000, 20039)
        for wrong in ("20000", "20000-20038", "1023-2000", "60000-70000", "4000-3000"):
            assert "is not a range of at least 40 ports" in fault(home, f'media_ports = "{wrong}"')

    def test_the_socket_of_web_phones_is_a_wss_address(self, home: Path) -> None:
        read_back = read(home, 'phone_socket = "wss://PBX.example.com:443/phone/socket"')
        assert read_back.phone_socket == "wss://pbx.example.com/phone/socket"
        for wrong in ("https://pbx.example.com", "wss://", "wss://a b/", "wss://pbx/?x=1"):
            assert "is not a wss:// address" in fault(home, f'phone_socket = "{wrong}"')

    def test_a_token_is_long_and_never_shown(self, home: Path) -> None:
        environment = read(home, 'metrics_token = "0123456789abcdef"')
        assert environment.metrics_token is not None
        assert environment.metrics_token.value == "0123456789abcdef"
        assert "0123456789abcdef" not in repr(environment)
        assert "hunter2" not in fault(home, 'metrics_token = "hunter2"')

    def test_a_variable_wins_over_the_file(self, home: Path) -> None:
        environment = read(home, 'listen = "127.0.0.1:1"', ROLLCALL_LISTEN="127.0.0.1:2")
        assert environment.listen == HostPort("127.0.0.1", 2)

    def test_an_empty_variable_counts_as_not_set(self, home: Path) -> None:
        environment = read(home, 'listen = "127.0.0.1:1"', ROLLCALL_LISTEN=" ")
        assert environment.listen == HostPort("127.0.0.1", 1)

    def test_variables_of_the_tests_and_of_others_are_not_ours(self, home: Path) -> None:
        read(home, ROLLCALL_TEST_SPEED="9", ROLL="x")

    def test_an_unknown_variable_is_named_with_the_likely_one(self, home: Path) -> None:
        assert (
            fault(home, ROLLCALL_LISTN="x")
            == "ROLLCALL_LISTN is not a setting; did you mean ROLLCALL_LISTEN."
        )

    def test_an_unknown_key_is_named_with_its_file(self, home: Path) -> None:
        assert fault(home, "speed = 9").startswith(
            f"speed in {home / 'rollcall.toml'} is not a setting; there are listen, "
        )

    def test_home_cannot_be_set_in_the_file_it_holds(self, home: Path) -> None:
        assert "home in " in fault(home, 'home = "/elsewhere"')

    def test_a_file_that_is_not_toml_is_named(self, home: Path) -> None:
        assert fault(home, "listen =").startswith(f"{home / 'rollcall.toml'} is not a TOML file: ")

    def test_a_file_that_cannot_be_read_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "rollcall.toml").mkdir()
        with pytest.raises(ConfigurationError, match=r"rollcall\.toml cannot be read \(Is a dir"):
            read_environment(environ={"ROLLCALL_HOME": str(tmp_path)}, cwd=tmp_path)

    @pytest.mark.parametrize("toml", ["listen = 8443", 'listen = ""', "listen = []"])
    def test_what_is_not_a_text_is_refused(self, home: Path, toml: str) -> None:
        place = home / "rollcall.toml"
        assert fault(home, toml).startswith(f"listen in {place}: write a text in quotes")

    def test_every_setting_of_the_table_has_a_field_and_a_help(self) -> None:
        assert [s.name for s in SETTINGS] == [
            field for field in Environment.__struct_fields__ if field != "clouds"
        ]
        assert all(
            s.help.endswith(".") and s.variable == f"ROLLCALL_{s.name.upper()}" for s in SETTINGS
        )


class TestValues:
    @pytest.mark.parametrize(
        ("text", "address"),
        [
            ("127.0.0.1:8443", HostPort("127.0.0.1", 8443)),
            ("LocalHost:1", HostPort("localhost", 1)),
            ("[::1]:65535", HostPort("::1", 65535)),
        ],
    )
    def test_an_address_to_listen_on_is_host_and_port(
        self, home: Path, text: str, address: HostPort
    ) -> None:
        assert read(home, ROLLCALL_LISTEN=text).listen == address

    @pytest.mark.parametrize(
        "text",
        [
            *("", ":", "host", "host:", "host:0", "host:65536", "host:x", "https://a:80", "a:80/x"),
            *("::1:80", "[::1]", "[1.2.3.4]:8", "1.2.3:80", "1.2.3.400:80"),
            *("ho st:80", "-a:80", "a-:80", "a..b:80", "\u00fc.example:80", "a" * 64 + ":80"),
            "a:\uff18\uff10",
        ],
    )
    def test_anything_else_to_listen_on_is_refused(self, home: Path, text: str) -> None:
        sentence = fault(home, f"listen = '{text}'")
        assert sentence.startswith(f"listen in {home / 'rollcall.toml'}: ")
        assert "127.0.0.1:8443" in sentence or "text in quotes" in sentence

    @pytest.mark.parametrize(
        ("text", "origin"),
        [
            ("sbc.example.com", "https://sbc.example.com"),
            ("SBC.example.com:443", "https://sbc.example.com"),
            ("sbc.example.com:5061", "https://sbc.example.com:5061"),
            ("[2001:DB8::1]", "https://[2001:db8::1]"),
        ],
    )
    def test_a_domain_shows_its_port_when_it_is_not_443(
        self, home: Path, text: str, origin: str
    ) -> None:
        domain = read(home, ROLLCALL_SBC_DOMAIN=text).sbc_domain
        assert domain is not None
        assert domain.origin == origin

    @pytest.mark.parametrize("text", ["https://pbx.example.com", "pbx.example.com/x", "a:0", "a b"])
    def test_a_domain_is_not_a_url(self, home: Path, text: str) -> None:
        assert fault(home, ROLLCALL_WEB_DOMAIN=text) == (
            f"ROLLCALL_WEB_DOMAIN: {text!r} is not a host or host:port, "
            "such as pbx.example.com or pbx.example.com:8443."
        )

    def test_relative_paths_start_from_home(self, home: Path) -> None:
        home.mkdir()
        (home / "cert.pem").touch()
        (home / "key.pem").touch()
        environment = read(home, 'tls_cert = "cert.pem"', ROLLCALL_TLS_KEY="key.pem")
        assert (environment.tls_cert, environment.tls_key) == (home / "cert.pem", home / "key.pem")

    def test_a_certificate_without_its_key_is_refused(self, home: Path) -> None:
        home.mkdir()
        (home / "cert.pem").touch()
        assert fault(home, 'tls_cert = "cert.pem"').startswith(
            "tls_key is missing: tls_cert is set, and the two go together; set ROLLCALL_TLS_KEY or "
        )

    def test_a_file_that_is_not_there_is_refused(self, home: Path) -> None:
        assert fault(home, ROLLCALL_CA_BUNDLE="none.pem") == (
            f"ROLLCALL_CA_BUNDLE: {home}/none.pem cannot be read "
            "(No such file or directory); name a file that can."
        )

    def test_the_key_file_need_not_exist_yet(self, home: Path) -> None:
        environment = read(home, ROLLCALL_ENCRYPTION_KEY_FILE="/srv/keys.json")
        assert environment.encryption_key_file == Path("/srv/keys.json")

    def test_a_directory_of_programs_must_hold_them(self, home: Path, tmp_path: Path) -> None:
        programs = tmp_path / "bin"
        programs.mkdir()
        for name in ("initdb", "pg_ctl"):
            (programs / name).touch(mode=0o755)
        assert "has no postgres that can be run" in fault(home, ROLLCALL_POSTGRES_BIN=str(programs))
        (programs / "postgres").touch(mode=0o755)
        assert read(home, ROLLCALL_POSTGRES_BIN=str(programs)).postgres_bin == programs

    @pytest.mark.parametrize("level", ["debug", "info", "warning", "error", "critical"])
    def test_log_levels_are_these(self, home: Path, level: str) -> None:
        assert read(home, ROLLCALL_LOG_LEVEL=level.upper()).log_level == level

    def test_another_log_level_is_refused(self, home: Path) -> None:
        assert fault(home, ROLLCALL_LOG_LEVEL="loud").startswith(
            "ROLLCALL_LOG_LEVEL: 'loud' is not one of debug, info"
        )


class TestPrivateUrls:
    @pytest.mark.parametrize(
        ("url", "shown"),
        [
            ("postgresql://u:s3cret@db.example/x?sslmode=require", "postgresql://db.example/x"),
            ("postgres://a:1,b:2/x", "postgres://a:1,b:2/x"),
            ("postgresql:///rollcall?password=s3cret", "postgresql:///rollcall"),
            ("postgresql://u:s3/cret@db/x", "postgresql://…"),
            ("postgresql://u:s3?cret@db/x", "postgresql://…"),
            ("postgresql://db/x?password=s3@cret", "postgresql://…"),
        ],
    )
    def test_a_database_address_never_shows_its_password(
        self, home: Path, url: str, shown: str
    ) -> None:
        found = read(home, ROLLCALL_DATABASE_URL=url).database_url
        assert found is not None
        assert (found.value, found.shown) == (url, shown)
        assert "cret" not in f"{found} {found!r}"

    def test_the_switchs_database_address_is_as_secret(self, home: Path) -> None:
        url = "postgresql://rollcall_switch:s3cret@db.example/x"
        found = read(home, ROLLCALL_SWITCH_DATABASE_URL=url).switch_database_url
        assert found is not None
        assert (found.value, found.shown) == (url, "postgresql://db.example/x")
        assert "cret" not in f"{found} {found!r}"
        assert "s3cret" not in fault(home, ROLLCALL_SWITCH_DATABASE_URL="mysql://u:s3cret@db")

    @pytest.mark.parametrize("url", ["mysql://u:s3cret@db", "db.example", "postgresql://[s3cret"])
    def test_another_database_is_refused_without_repeating_it(self, home: Path, url: str) -> None:
        sentence = fault(home, ROLLCALL_DATABASE_URL=url)
        assert sentence.startswith("ROLLCALL_DATABASE_URL: this is not a PostgreSQL address, such")
        assert "s3cret" not in sentence

    @pytest.mark.parametrize(
        "url", ["http://proxy:3128", "https://u:s3cret@proxy.example/", "HTTP://[::1]:1"]
    )
    def test_a_proxy_is_an_http_address(self, home: Path, url: str) -> None:
        proxy = read(home, ROLLCALL_HTTPS_PROXY=url).https_proxy
        assert proxy is not None
        assert proxy.value == url

    @pytest.mark.parametrize(
        "url", ["proxy:3128", "socks5://proxy", "http://p/x", "http://u:s3cret@"]
    )
    def test_another_proxy_is_refused_without_repeating_it(self, home: Path, url: str) -> None:
        sentence = fault(home, ROLLCALL_HTTPS_PROXY=url)
        assert sentence.startswith("ROLLCALL_HTTPS_PROXY: this is not the address of a proxy")
        assert "s3cret" not in sentence


CONTOSO: Mapping[str, str] = {
    "login": '"https://127.0.0.1:9443"',
    "graph": '"https://127.0.0.1:9444"',
}


def cloud(name: str = "CONTOSO-SIM", **lines: str) -> str:
    table = {**CONTOSO, **lines}
    return f"[clouds.{name}]\n" + "\n".join(f"{key} = {value}" for key, value in table.items())


class TestClouds:
    def test_login_and_graph_are_enough(self, home: Path) -> None:
        (found,) = read(home, cloud()).clouds
        assert found.name == "CONTOSO-SIM"
        assert (found.login, found.graph) == ("https://127.0.0.1:9443", "https://127.0.0.1:9444")
        assert found.issuer == "https://127.0.0.1:9443/{directory_id}/v2.0"
        assert (found.portal, found.ca_file, found.contact_delta) == (None, None, True)

    def test_all_of_a_cloud_can_be_said(self, home: Path) -> None:
        home.mkdir()
        (home / "sim-ca.pem").touch()
        (found,) = read(
            home,
            cloud(
                login='"HTTPS://Login.Example:443/"',
                portal='"https://portal.example"',
                issuer='"https://sts.example/{directory_id}/"',
                ca_file='"sim-ca.pem"',
                contact_delta="false",
            ),
        ).clouds
        assert found.login == "https://login.example"
        assert found.portal == "https://portal.example"
        assert found.issuer == "https://sts.example/{directory_id}/"
        assert (found.ca_file, found.contact_delta) == (home / "sim-ca.pem", False)

    def test_clouds_keep_their_order(self, home: Path) -> None:
        clouds = read(home, cloud("B_2") + "\n" + cloud("A-1")).clouds
        assert [found.name for found in clouds] == ["B_2", "A-1"]

    @pytest.mark.parametrize("name", ["GLOBAL", "CHINA", "USGOV_L4", "USGOV_L5"])
    def test_a_cloud_that_is_built_in_cannot_be_replaced(self, home: Path, name: str) -> None:
        assert fault(home, cloud(name)).startswith(f"[clouds.{name}] in {home / 'rollcall.toml'}: ")

    @pytest.mark.parametrize("name", ["contoso", '"A B"', '""', '"Ä"'])
    def test_another_name_is_refused(self, home: Path, name: str) -> None:
        assert "upper-case letters, digits, '-' and '_'" in fault(home, cloud(name))

    @pytest.mark.parametrize(
        "login",
        [
            *("http://a.example", "https://", "a.example", "https://u@a.example"),
            *("https://a.example/x", "https://a.example?x", "https://a.example#x", "https://a//"),
            "https://a.example:99999",
        ],
    )
    def test_a_host_is_an_https_origin(self, home: Path, login: str) -> None:
        sentence = fault(home, cloud(login=f'"{login}"'))
        assert sentence.startswith("login of [clouds.CONTOSO-SIM] in ")
        assert "is not an https:// address without path and query" in sentence

    @pytest.mark.parametrize(
        ("key", "value", "says"),
        [
            ("issuer", '"https://sts.example/"', "that holds {directory_id} once"),
            ("issuer", '"http://sts.example/{directory_id}"', "that holds {directory_id} once"),
            ("contact_delta", '"yes"', "write true or false"),
            ("contact_delta", "1", "write true or false"),
            ("ca_file", '"none.pem"', "cannot be read"),
            ("graph", "7", "write a text in quotes"),
            ("grahp", '"x"', "did you mean graph"),
        ],
    )
    def test_a_bad_line_of_a_cloud_is_named(
        self, home: Path, key: str, value: str, says: str
    ) -> None:
        sentence = fault(home, cloud(**{key: value}))
        assert sentence.startswith(key)
        assert says in sentence

    def test_a_cloud_needs_its_hosts(self, home: Path) -> None:
        assert fault(home, "[clouds.X]").endswith(": graph and login must be given.")

    @pytest.mark.parametrize("toml", ['clouds = "x"', "clouds.X = 1"])
    def test_clouds_are_tables(self, home: Path, toml: str) -> None:
        assert "table" in fault(home, toml)
