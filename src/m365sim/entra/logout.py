"""Signing out: of which account, who is told of it, and where the browser goes. Contract b.8."""

from urllib.parse import quote, urlencode

from m365sim.answers import Answer
from m365sim.entra.accounts import hint_of, shown_account
from m365sim.entra.asked import required_home
from m365sim.entra.browsing import cookie_of
from m365sim.entra.call import LoginCall
from m365sim.entra.cards import HTML, sign_out_card, signed_out_card, trouble_card
from m365sim.entra.discovery import issuer_of
from m365sim.entra.refusals import EntraError, sentence
from m365sim.state.directory import Directory
from m365sim.state.sign_ins import Login


def logout(call: LoginCall) -> Answer:
    """Sign somebody out, or ask first who it is."""
    try:
        directory = required_home(call)
    except EntraError as error:
        return trouble_card(sentence(error), title="Sorry, but we’re having trouble.")
    given = {**call.query, **call.form}
    cookie = cookie_of(call)
    logins = call.world.sign_ins.browser(cookie).of_directory(directory.directory_id)
    hint, picked = given.get("logout_hint", ""), given.get("account", "")
    chosen = [
        one
        for one in logins
        if one.object_id == picked or hint == hint_of(one.directory_id, one.object_id)
    ]
    if logins and not chosen:
        return _ask(call, directory, logins, given)
    frames = [address for one in chosen for address in _told(call, directory, one)]
    for one in chosen:
        call.world.sign_ins.sign_out(cookie, one)
    onward = _onward(directory, given.get("post_logout_redirect_uri", ""), given.get("state", ""))
    if onward and not frames:
        return Answer(302, b"", HTML, {"Location": onward})
    return signed_out_card(frames, onward)


def _ask(
    call: LoginCall, directory: Directory, logins: list[Login], given: dict[str, str]
) -> Answer:
    kept: dict[str, str] = {
        name: given[name] for name in ("post_logout_redirect_uri", "state") if name in given
    }
    slots = [directory.people.by_id(one.object_id) for one in logins]
    accounts = [shown_account(directory, slot) for slot in slots if slot is not None]
    return sign_out_card(f"/{quote(call.tenant)}/oauth2/v2.0/logout?{urlencode(kept)}", accounts)


def _told(call: LoginCall, directory: Directory, login: Login) -> list[str]:
    """Return the addresses at which the applications of a sign-in hear of its end."""
    values = urlencode({"iss": issuer_of(call, directory.directory_id), "sid": login.sid})
    applications = (directory.applications.get(one) for one in login.applications)
    return [
        f"{one.logout_url}{'&' if '?' in one.logout_url else '?'}{values}"
        for one in applications
        if one is not None and one.logout_url
    ]


def _onward(directory: Directory, wanted: str, state: str) -> str:
    """Return where the browser goes: only to a redirect URI that is registered."""
    for application in directory.applications.values():
        if wanted in application.redirect_uris:
            more = urlencode({"state": state}) if state else ""
            return f"{wanted}{'&' if '?' in wanted else '?'}{more}" if more else wanted
    return ""
