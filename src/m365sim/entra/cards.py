"""The pages on which people sign in and out: one calm card each, plain HTML without scripts."""

from collections.abc import Sequence
from html import escape
from importlib.resources import files
from urllib.parse import quote, urlencode

from msgspec import Struct

from m365sim.answers import Answer

HTML = "text/html; charset=utf-8"
STYLE = files("m365sim.entra").joinpath("cards.css").read_text("utf-8")


class Account(Struct, frozen=True):
    """Somebody as the pages show them."""

    object_id: str
    name: str
    principal_name: str


class Place(Struct, frozen=True):
    """Where the forms of a sign-in go, and for whom it is."""

    tenant: str
    query: dict[str, str]
    application: str
    directory: str

    @property
    def action(self) -> str:
        """The address of the forms, ready for an attribute."""
        return escape(f"/{quote(self.tenant)}/login?{urlencode(self.query)}")


def card(title: str, body: str, *, status: int = 200, cookie: str = "", head: str = "") -> Answer:
    """Write a page. `body` and `head` are HTML."""
    headers = {"Set-Cookie": cookie} if cookie else {}
    return Answer(
        status,
        (
            '<!doctype html><html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"{head}<title>{escape(title)} - m365sim</title><style>{STYLE}</style></head><body>"
            '<main><p class="brand">Simulated Microsoft <span>m365sim: not Microsoft</span></p>'
            f"<h1>{escape(title)}</h1>{body}</main></body></html>"
        ).encode(),
        HTML,
        headers,
    )


def sign_in_card(place: Place, *, account: str, problem: str = "", field: str = "") -> Answer:
    """Ask who signs in."""
    return card(
        "Sign in",
        f"""{_purpose(place)}<form method="post" action="{place.action}" autocomplete="off">
{_input("account", "Account", "text", account, problem if field == "account" else "")}
{_input("password", "Password", "password", "", problem if field == "password" else "")}
<p class="quiet">Every password is right here, except one that a test can set.</p>
<p class="buttons"><button class="main" name="answer" value="next">Next</button>
<button name="answer" value="cancel" formnovalidate>Cancel</button></p></form>""",
        status=400 if problem else 200,
    )


def pick_card(place: Place, accounts: Sequence[Account]) -> Answer:
    """Ask which account of this browser signs in."""
    return card(
        "Pick an account",
        f"""{_purpose(place)}<form method="post" action="{place.action}">
{_choices(accounts)}<p><button class="choice" name="answer" value="another">Use another account
</button></p>
<p class="buttons"><button name="answer" value="cancel">Cancel</button></p></form>""",
    )


def consent_card(place: Place, account: Account, scopes: Sequence[str], *, cookie: str) -> Answer:
    """Ask somebody whether the application may know who they are."""
    asked = "".join(f"<li><code>{escape(scope)}</code></li>" for scope in scopes)
    return card(
        "Permissions requested",
        f"""<p>{escape(account.principal_name)}</p>
<p><strong>{escape(place.application)}</strong> would like to:</p><ul>{asked}</ul>
<form method="post" action="{place.action}">
<input type="hidden" name="chosen" value="{account.object_id}">
<p class="buttons"><button class="main" name="answer" value="accept">Accept</button>
<button name="answer" value="decline">Cancel</button></p></form>""",
        cookie=cookie,
    )


def approval_card(place: Place, account: Account, text: str, *, cookie: str) -> Answer:
    """Say that only an administrator can consent."""
    return card(
        "Need admin approval",
        f"""<p>{escape(account.principal_name)}</p>
<p><strong>{escape(place.application)}</strong> needs permissions that only an administrator can
grant. Ask an administrator to grant them before you use it.</p>
<p class="refused" role="alert">{escape(text)}</p>
<form method="post" action="{place.action}"><p class="buttons">
<button name="answer" value="decline">Return without granting consent</button></p></form>""",
        status=403,
        cookie=cookie,
    )


def trouble_card(
    text: str,
    *,
    title: str = "Sorry, but we’re having trouble signing you in.",
    status: int = 400,
    cookie: str = "",
) -> Answer:
    """Say that a sign-in cannot go on, where the application is not told."""
    body = f'<p class="refused" role="alert">{escape(text)}</p>'
    return card(title, body, status=status, cookie=cookie)


def sign_out_card(action: str, accounts: Sequence[Account]) -> Answer:
    """Ask which account of this browser signs out."""
    return card(
        "Pick an account",
        f"""<p>Which account do you want to sign out of?</p>
<form method="post" action="{escape(action)}">{_choices(accounts)}</form>""",
    )


def signed_out_card(frames: Sequence[str], onward: str) -> Answer:
    """Say that somebody signed out, tell the applications, and go on where there is a way on."""
    told = "".join(
        f'<iframe src="{escape(address)}" title="Signing out" hidden></iframe>'
        for address in frames
    )
    head = f'<meta http-equiv="refresh" content="1;url={escape(onward)}">' if onward else ""
    way = f'<p><a href="{escape(onward)}">Continue</a></p>' if onward else ""
    return card(
        "You signed out of your account",
        f"<p>It is a good idea to close all browser windows.</p>{way}{told}",
        head=head,
    )


def _purpose(place: Place) -> str:
    return (
        f"<p>to continue to <strong>{escape(place.application)}</strong></p>"
        f'<p class="quiet">{escape(place.directory)}</p>'
    )


def _input(name: str, label: str, kind: str, value: str, problem: str) -> str:
    said = f'<p class="refused" id="{name}-problem" role="alert">{escape(problem)}</p>'
    marks = f' aria-invalid="true" aria-describedby="{name}-problem"' if problem else ""
    return (
        f'<label for="{name}">{label}</label>{said if problem else ""}'
        f'<input type="{kind}" id="{name}" name="{name}" value="{escape(value)}"'
        f"{marks} required>"
    )


def _choices(accounts: Sequence[Account]) -> str:
    return "".join(
        f'<p><button class="choice" name="account" value="{one.object_id}">'
        f"<strong>{escape(one.name)}</strong> <span>{escape(one.principal_name)}</span>"
        "</button></p>"
        for one in accounts
    )
