"""What the scripts of the web phone say, in the reader's language; {names} are filled in there."""

import json
from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

LINE: Final[Mapping[str, Promise]] = {
    "line-starting": _("Connecting …"),
    "line-connecting": _("Connecting …"),
    "line-registered": _("Registered as {number}"),
    "line-refused": _("Not registered: the switch refused"),
    "line-unreachable": _("Not registered: the switch does not answer"),
    "line-serverless": _("Not registered: the server does not answer"),
    "line-offline": _("Not registered: no network"),
    "line-signed-out": _("Not registered: your session ended"),
    "line-closed": _("The phone is in another tab"),
    "since": _("since {time}"),
    "signed-out-help": _("Your session ended. A call that goes on is not cut."),
    "sign-in-again": _("Sign in again"),
    "unreachable-help": _(
        "The switch cannot be reached. If this browser does not trust its certificate yet, open "
        "its address once and accept it; then come back here."
    ),
    "open-socket": _("Open {host}"),
    "elsewhere": _("The phone is in another tab of this browser."),
    "elsewhere-busy": _("The phone is in another tab of this browser, and a call goes on there."),
    "not-registered": _("This phone is not registered at present, so it cannot call."),
    "reachable": _("Reachable"),
    "no-phone": _("No phone signed in"),
}
STATES: Final[Mapping[str, Promise]] = {
    "preparing": _("Asking for the microphone …"),
    "dialling": _("Calling …"),
    "ringing": _("It rings …"),
    "incoming": _("Incoming call"),
    "answering": _("Answering …"),
    "talking": _("In a call"),
    "on-hold": _("On hold"),
    "hold": _("Hold"),
    "take-back": _("Take back"),
    "held-there": _("{name} put you on hold"),
    "connection-lost-trying": _("The connection is lost. Trying again …"),
    "ended": _("The call has ended."),
    "transferring": _("Handing over to {name} …"),
    "transferred": _("Handed over to {name}."),
    "transfer-failed": _("{name} could not take the call over. It is still here, on hold."),
    "transfer-outside": _(
        "A call with somebody outside cannot be handed over: the carrier does not take part. It is "
        "still here, on hold."
    ),
    "transfer-busy": _("{name} is busy. The call is still here, on hold."),
    "consulting": _("{name} waits"),
    "asked": _("{name} wants to connect you with {other}."),
    "unknown-caller": _("Number withheld"),
    "own-contact": _("My contact"),
    "company-contact": _("Company contact"),
    "colleague": _("Colleague"),
    "missed-count": _("{n} missed"),
    "code": _("(SIP code {code})"),
}
REASONS: Final[Mapping[str, Promise]] = {
    "not-a-number": _("“{number}” is not a number that can be dialled."),
    "too-many-calls": _("Four calls at once are as many as this phone keeps. End one first."),
    "not-allowed": _("The switch refused the call to {number}."),
    "nobody": _("Nobody has the number {number}."),
    "no-answer": _("{name} did not answer."),
    "not-reachable": _("{name} cannot be reached now: no phone is signed in."),
    "incomplete": _("The number {number} is not complete."),
    "busy": _("{name} is busy."),
    "declined": _("{name} declined the call."),
    "cancelled": _("The call was given up."),
    "missed": _("Missed call"),
    "answered-elsewhere": _("Answered at another phone."),
    "no-common-sound": _("The two phones have no way to speak in common."),
    "cannot-now": _("The call to {number} is not possible now."),
    "failed": _("The call to {number} failed."),
    "no-trunk": _(
        "{number} is outside, and the company has no working way to the telephone network. An "
        "administrator sets one up."
    ),
    "no-number-to-show": _(
        "You have no number to show outside, so calls to {number} are refused. An administrator "
        "gives you one."
    ),
    "carrier-silent": _("The carrier does not answer. Try again in a while."),
    "no-such-number": _("{number} is neither an extension nor a telephone number."),
    "too-many-outside": _(
        "As many calls with people outside go on as may at once. Try again when one has ended."
    ),
    "switch-starting": _("The switch has just been started. Call again in a few seconds."),
    "emergency-not-possible": _(
        "This phone cannot make emergency calls now. Call {number} from a mobile phone or another "
        "line at once."
    ),
    "connection-lost": _("The connection to the switch was lost."),
    "no-reply": _("The switch did not reply."),
    "sound-lost": _("The connection for sound was lost."),
}
SOUND: Final[Mapping[str, Promise]] = {
    "not-secure": _(
        "This page was not opened by a secure address (https://), so the browser lends it no "
        "microphone."
    ),
    "too-old": _(
        "This browser is too old for calls. A present Firefox, Chrome, Edge or Safari works."
    ),
    "microphone-refused": _(
        "The browser may not use the microphone. Allow it beside the address of this page, then "
        "try again."
    ),
    "no-microphone": _("No microphone was found. Plug one in, then try again."),
    "microphone-taken": _("The microphone is in use by another program. End that, then try again."),
    "microphone-trouble": _("The microphone could not be opened."),
    "standard-device": _("As the system says"),
    "device": _("Device {n}"),
    "notices-on": _("You are told of calls when this page is in the background."),
    "notices-ask": _("Be told of calls when this page is in the background."),
    "notices-off": _(
        "The browser does not allow this page to tell you of calls in the background."
    ),
    "good-connection": _("Good connection"),
    "unsteady": _("The connection is unsteady"),
    "gaps-here": _("You hear with gaps: {percent} % of the sound is lost"),
    "gaps-there": _("You are heard with gaps: {percent} % of the sound is lost"),
    "late": _("The sound comes late, by {milliseconds} ms"),
    "nothing-arrives": _("No sound arrives from the other side"),
}


def phrases() -> str:
    """Return all of it in the language of the request, as JSON."""
    groups = (LINE, STATES, REASONS, SOUND)
    return json.dumps({key: str(text) for group in groups for key, text in group.items()})
