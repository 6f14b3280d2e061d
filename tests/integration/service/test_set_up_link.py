"""The first start says on the console, and nowhere else, how to become the administrator."""

import re
import ssl
import urllib.request

from tests.integration.commands.program import Program
from tests.integration.host.machine import wait_until
from tests.integration.service.test_up import program, started

__all__ = ["program"]

LINK = re.compile(r"https://localhost:\d+/set-up/\S+")
TRUSTING = ssl._create_unverified_context()


def test_the_first_start_prints_a_link_that_opens_and_is_not_logged(program: Program) -> None:
    with started(program) as up:
        wait_until(lambda: LINK.search(up.out) is not None)
        (link,) = LINK.findall(up.out)
        with urllib.request.urlopen(link, context=TRUSTING) as page:
            assert "first system administrator" in page.read().decode()
        logs = "".join(each.read_text() for each in (program.home / "log").glob("*"))
        assert link.rpartition("/")[2] not in logs
        added = program.asked("admin", "add", "--email", "root@rollcall.example")
        assert added["link"].startswith(link.partition("/set-up/")[0])
    with started(program) as up:
        wait_until(lambda: LINK.search(up.out) is not None)  # who was invited may never come
