"""The authorize endpoint: who is there, are they asked, and the code. Contract b.4.

What cannot be told to the application is a page of its own; everything else goes back to its
redirect URI. Passwords are not kept: any is right but the one that a setting names.
"""

import uuid
from collections.abc import Callable, Mapping

from msgspec import Struct

from m365sim.answers import Answer
from m365sim.entra.accounts import (
    check_account,
    is_meant,
    named_account,
    shown_account,
)
from m365sim.entra.asked import Asked, check_asked, read_asked, required_home
from m365sim.entra.browsing import cookie_of, written_cookie
from m365sim.entra.call import LoginCall
from m365sim.entra.cards import (
    Place,
    approval_card,
    consent_card,
    pick_card,
    sign_in_card,
    trouble_card,
)
from m365sim.entra.refusals import EntraError, description, sentence
from m365sim.entra.returning import refusal_values, send_back
from m365sim.state.applications import DELEGATED
from m365sim.state.directory import Directory
from m365sim.state.sign_ins import Grant, Login

NOT_TOLD = (50011, 50034, 50020, 50057, 50105, 50126, 90094, 53003, 530032, 53000, 53001, 53004)
"""Refusals of people and of redirect URIs stay on a page; the application hears nothing."""
ACCOUNT_FIELD = (50034, 50020, 50057)
CANCELED = {
    "error": "access_denied",
    "error_subcode": "cancel",
    "error_description": "the user canceled the authentication",
}


class Sight(Struct, frozen=True):
    """A request that may go on: what is asked, where, and by which browser."""

    call: LoginCall
    directory: Directory
    asked: Asked
    cookie: str

    @property
    def logins(self) -> list[Login]:
        """Who of the directory is signed in at this browser."""
        browser = self.call.world.sign_ins.browser(self.cookie)
        return browser.of_directory(self.directory.directory_id)

    @property
    def place(self) -> Place:
        """Where the forms of the pages go."""
        return Place(
            tenant=self.call.tenant,
            query=dict(self.asked.given),
            application=self.asked.application.name,
            directory=self.directory.name,
        )


def authorize(call: LoginCall) -> Answer:
    """Answer the authorize endpoint, asked by GET or by POST."""
    return _seen(call, {**call.query, **call.form}, _begin)


def login(call: LoginCall) -> Answer:
    """Take what somebody pressed on one of the pages."""
    return _seen(call, call.query, _pressed)


def code_without_browser(call: LoginCall, name: str, sid: str) -> tuple[Asked, Mapping[str, str]]:
    """Return what a browser would be sent back with after somebody signed in."""
    directory = required_home(call)
    asked = read_asked(call, directory, call.query)
    check_asked(asked)
    slot = directory.people.by_id(name)
    if slot is None:
        slot = named_account(call.world, directory, name)
    check_account(directory, asked.application, slot)
    sight = Sight(call, directory, asked, "")
    object_id = directory.people.object_id(slot)
    if _consent_needed(sight, object_id) == "disabled":
        raise EntraError(90094)
    return asked, _granted(sight, _login(sight, object_id, sid or str(uuid.uuid4())))


def _seen(call: LoginCall, given: Mapping[str, str], go_on: Callable[[Sight], Answer]) -> Answer:
    try:
        directory = required_home(call)
        asked = read_asked(call, directory, given)
    except EntraError as error:
        return trouble_card(sentence(error))
    try:
        _check_quirk(call, asked)
        check_asked(asked)
        return go_on(Sight(call, directory, asked, cookie_of(call)))
    except EntraError as error:
        return _refused(call, asked, error)


def _check_quirk(call: LoginCall, asked: Asked) -> None:
    if call.quirks.refusal is not None:
        raise EntraError(call.quirks.refusal.code, client=asked.application.application_id)


def _refused(call: LoginCall, asked: Asked, error: EntraError) -> Answer:
    if error.code in NOT_TOLD:
        return trouble_card(sentence(error))
    return send_back(asked, refusal_values(error, call.marks, login_url=call.world.login_url))


def _begin(sight: Sight) -> Answer:
    prompt, hint = sight.asked.text("prompt"), sight.asked.text("login_hint")
    logins = sight.logins
    if hint:
        logins = [one for one in logins if is_meant(sight.directory, one, hint)]
    if prompt == "none":
        return _silently(sight, logins)
    if prompt == "login" or not logins:
        return sign_in_card(sight.place, account=hint)
    if prompt == "select_account":
        return _pick(sight, logins)
    alone = len(logins) == 1 and (hint or sight.call.world.settings.silent_sign_on)
    return _proceed(sight, logins[0]) if alone else _pick(sight, logins)


def _silently(sight: Sight, logins: list[Login]) -> Answer:
    if not logins:
        raise EntraError(50058)
    if len(logins) > 1:
        raise EntraError(16001)
    if _consent_needed(sight, logins[0].object_id):
        raise EntraError(65001, client=sight.asked.application.application_id)
    return _proceed(sight, logins[0])


def _pick(sight: Sight, logins: list[Login]) -> Answer:
    slots = [sight.directory.people.by_id(one.object_id) for one in logins]
    accounts = [shown_account(sight.directory, slot) for slot in slots if slot is not None]
    return pick_card(sight.place, accounts)


def _pressed(sight: Sight) -> Answer:
    form = sight.call.form
    match form.get("answer", ""):
        case "cancel":
            return send_back(sight.asked, CANCELED)
        case "decline":
            said = description(EntraError(65004), sight.call.marks)
            return send_back(sight.asked, {"error": "access_denied", "error_description": said})
        case "another":
            return sign_in_card(sight.place, account="")
        case "accept":
            return _proceed(sight, _known(sight, form.get("chosen", "")), accepted=True)
        case "next":
            return _typed(sight, form.get("account", ""), form.get("password", ""))
        case _:
            return _proceed(sight, _known(sight, form.get("account", "")))


def _known(sight: Sight, object_id: str) -> Login:
    """Return who of this browser was picked; nobody can be picked by a form alone."""
    for one in sight.logins:
        if one.object_id == object_id:
            return one
    raise EntraError(50058)


def _typed(sight: Sight, account: str, password: str) -> Answer:
    world = sight.call.world
    try:
        slot = named_account(world, sight.directory, account)
        _check_password(password, world.settings.wrong_password)
        check_account(sight.directory, sight.asked.application, slot)
    except EntraError as error:
        if error.code == 50105:  # noqa: PLR2004 - Entra's number
            raise
        field = "account" if error.code in ACCOUNT_FIELD else "password"
        return sign_in_card(sight.place, account=account, problem=sentence(error), field=field)
    object_id = sight.directory.people.object_id(slot)
    before = [one for one in sight.logins if one.object_id == object_id]
    login_ = before[0] if before else _login(sight, object_id, str(uuid.uuid4()))
    login_.since = world.clock.now()
    cookie = world.sign_ins.sign_in(sight.cookie, login_)
    return _proceed(sight, login_, cookie=cookie)


def _check_password(password: str, wrong: str) -> None:
    if password in ("", wrong):
        raise EntraError(50126)


def _login(sight: Sight, object_id: str, sid: str) -> Login:
    return Login(
        directory_id=sight.directory.directory_id,
        object_id=object_id,
        sid=sid,
        since=sight.call.world.clock.now(),
    )


def _proceed(sight: Sight, login_: Login, *, accepted: bool = False, cookie: str = "") -> Answer:
    """Give the code to somebody who is signed in, or ask for consent first."""
    slot = sight.directory.people.by_id(login_.object_id)
    if slot is None:
        raise EntraError(50034, tenant=sight.directory.name)
    check_account(sight.directory, sight.asked.application, slot)
    written = written_cookie(cookie) if cookie else ""
    needed = "" if accepted else _consent_needed(sight, login_.object_id)
    account = shown_account(sight.directory, slot)
    if needed == "disabled":
        return approval_card(sight.place, account, sentence(EntraError(90094)), cookie=written)
    if needed:
        return consent_card(sight.place, account, sight.asked.scopes, cookie=written)
    if accepted:
        sight.asked.application.consented.add(login_.object_id)
    answer = send_back(sight.asked, _granted(sight, login_))
    return Answer(
        answer.status,
        answer.body,
        answer.content_type,
        {**answer.headers, "Set-Cookie": written} if written else answer.headers,
    )


def _consent_needed(sight: Sight, object_id: str) -> str:
    """Return how consent has to be had, "" where it is there or nobody asks for it."""
    application, way = sight.asked.application, sight.directory.user_consent
    wanted = {one for one in sight.asked.scopes if one in DELEGATED}
    if wanted <= set(application.delegated):
        return "asked" if sight.asked.text("prompt") == "consent" else ""
    if way == "disabled":
        return way
    given = object_id in application.consented or way == "silent"
    return "" if given and sight.asked.text("prompt") != "consent" else "asked"


def _granted(sight: Sight, login_: Login) -> dict[str, str]:
    asked = sight.asked
    if asked.application.application_id not in login_.applications:
        login_.applications.append(asked.application.application_id)
    code = sight.call.world.sign_ins.give_code(
        Grant(
            directory_id=sight.directory.directory_id,
            application_id=asked.application.application_id,
            object_id=login_.object_id,
            redirect_uri=asked.redirect_uri,
            scopes=asked.scopes,
            nonce=asked.text("nonce"),
            challenge=asked.text("code_challenge"),
            method=asked.method,
            issued_at=sight.call.world.clock.now(),
            sid=login_.sid,
        )
    )
    return {"code": code, "session_state": login_.sid}
