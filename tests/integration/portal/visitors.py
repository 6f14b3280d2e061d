"""Browsers without scripts, for the pages of this process."""

from typing import Any, Final

from django.test import Client

from rollcall.web.context import KEY, WebContext
from rollcall.web.identity import COOKIE
from rollcall.wiring.machine import Machine

HOST: Final = "localhost"


def make_client(machine: Machine, token: str = "", **values: Any) -> Client:
    """Return a browser without scripts; with a session's token it is signed in."""
    context = WebContext(machine.environment, machine.conninfo)
    given = {"HTTP_HOST": HOST, KEY: context, "wsgi.url_scheme": "https", **values}
    client = Client(**given)
    if token:
        client.cookies[COOKIE] = token
    return client
