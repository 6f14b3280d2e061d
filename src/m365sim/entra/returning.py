"""The way back to the application: in the query, in the fragment, or by a form. Contract b.4."""

from collections.abc import Mapping
from html import escape
from urllib.parse import quote, urlencode, urlsplit

from m365sim.answers import Answer, Marks
from m365sim.entra.asked import Asked
from m365sim.entra.cards import card
from m365sim.entra.refusals import EntraError, description, refusal_of

HTML = "text/html; charset=utf-8"


def address_with(asked: Asked, values: Mapping[str, str]) -> str:
    """Return the redirect URI with an answer on it."""
    uri = asked.redirect_uri
    if not urlsplit(uri).path:
        uri += "/"
    sign = "#" if asked.mode == "fragment" else "&" if "?" in uri else "?"
    return f"{uri}{sign}{urlencode(_stated(asked, values), quote_via=quote)}"


def send_back(asked: Asked, values: Mapping[str, str]) -> Answer:
    """Send the browser back with an answer."""
    if asked.mode == "form_post":
        return _posted(asked, _stated(asked, values))
    return Answer(302, b"", HTML, {"Location": address_with(asked, values)})


def refusal_values(error: EntraError, marks: Marks, *, login_url: str) -> dict[str, str]:
    """Return what an application is told of a refusal."""
    return {
        "error": refusal_of(error).error,
        "error_description": description(error, marks),
        "error_uri": f"{login_url}/error?code={error.code}",
    }


def _stated(asked: Asked, values: Mapping[str, str]) -> dict[str, str]:
    return dict(values) if asked.state is None else {**values, "state": asked.state}


def _posted(asked: Asked, values: Mapping[str, str]) -> Answer:
    """Entra sends this form by a script; here somebody presses the button, as without scripts."""
    fields = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in values.items()
    )
    return card(
        "Working…",
        f'<form method="post" action="{escape(asked.redirect_uri)}">{fields}'
        '<p><button class="main">Continue</button></p></form>',
    )
