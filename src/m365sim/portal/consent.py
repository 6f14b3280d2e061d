"""The page on which an administrator consents for everybody. Contract b.9."""

from html import escape
from urllib.parse import urlencode

from m365sim.answers import Answer
from m365sim.portal.call import NoPageError, PortalCall, page, see_other
from m365sim.state.applications import Application

DENIED = "permission_denied"


def ask_consent(call: PortalCall) -> Answer:
    """Ask whether the application shall get what it asks for."""
    application, problem = _asked(call)
    if application is None:
        return page("Sorry, but we’re having trouble", _trouble(problem), status=400)
    asked = "".join(f"<li><code>{escape(name)}</code></li>" for name in application.requested)
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{escape(call.query.get(name, ""))}">'
        for name in ("client_id", "redirect_uri", "state")
    )
    body = f"""<p><strong>{escape(application.name)}</strong> asks for these permissions for all of
{escape(call.directory.name)}:</p><ul>{asked or "<li>none</li>"}</ul>
<form method="post">{hidden}<button class="main" name="answer" value="accept">Accept</button>
<button name="answer" value="cancel">Cancel</button></form>"""
    return page("Permissions requested", body)


def take_consent(call: PortalCall) -> Answer:
    """Grant, or do not, and go back to where the question came from."""
    application, problem = _asked(call)
    if application is None:
        return page("Sorry, but we’re having trouble", _trouble(problem), status=400)
    answer = {"tenant": call.directory.directory_id, "state": _given(call, "state")}
    if call.text("answer") == "accept":
        application.consent()
        answer["admin_consent"] = "True"
    else:
        answer |= {"error": DENIED, "error_description": "The admin canceled the request"}
    return see_other(f"{_given(call, 'redirect_uri')}?{urlencode(answer)}")


def _given(call: PortalCall, name: str) -> str:
    return call.text(name) or call.query.get(name, "")


def _asked(call: PortalCall) -> tuple[Application | None, str]:
    application = call.directory.applications.get(_given(call, "client_id").lower())
    if application is None:
        return None, "AADSTS700016: Application was not found in the directory."
    if _given(call, "redirect_uri") not in application.redirect_uris:
        return None, (
            "AADSTS50011: The redirect URI specified in the request does not match the redirect "
            f"URIs configured for the application '{application.application_id}'."
        )
    return application, ""


def _trouble(problem: str) -> str:
    if not problem:
        raise NoPageError
    return f'<p class="refused" role="alert">{escape(problem)}</p>'
