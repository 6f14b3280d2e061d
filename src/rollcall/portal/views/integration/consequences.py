"""What a change of settings does, in one sentence: said when it is saved, before it happens."""

from collections.abc import Callable, Iterator
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from rollcall.integrations.queries import IntegrationView, ListView

Sentence = Promise | str

SWITCHED: Final[dict[str, tuple[Sentence, Sentence]]] = {
    "users": (
        lazy("the next run reads the directory, and gives extensions to those who are selected"),
        lazy(
            "from the next run on nobody is added, changed or blocked; extensions stay as they are"
        ),
    ),
    "guests": (
        lazy("with the next run guests who are selected get extensions"),
        lazy("with the next run guests count as people who left"),
    ),
    "personal_contacts": (
        lazy("the next run reads the personal contacts of those who are selected"),
        lazy("from the next run on personal contacts are not read; those there are stay"),
    ),
    "company_contacts": (
        lazy("the next run reads the contacts of the shared mailboxes"),
        lazy("from the next run on company contacts are not read; those there are stay"),
    ),
    "subfolders": (
        lazy("the next run reads the sub-folders, too"),
        lazy("with the next run the contacts of sub-folders go"),
    ),
    "photos": (
        lazy("the next run fetches the photos"),
        lazy("from the next run on no photo is fetched; those there are stay"),
    ),
    "sign_in": (
        lazy("people who are selected may sign in with Microsoft"),
        lazy("nobody signs in with Microsoft any more"),
    ),
    "enforce_sign_in": (
        lazy("synchronised people sign in with Microsoft alone"),
        lazy("synchronised people may use passwords again"),
    ),
}
"""What is said of a switch that goes on, and of one that goes off; the weightiest first."""

CHOSEN: Final[dict[str, dict[str, Sentence]]] = {
    "link": {
        "ask": lazy("from the next run on people wait where an extension has their mail address"),
        "link": lazy("the next run links extensions to the people with the same mail address"),
        "never": lazy("the next run gives new numbers to those who waited to be linked"),
    },
    "names": {
        "skip": lazy("from the next run on nobody new comes in without a first or last name"),
        "display-name": lazy("the next run takes people in by their display names"),
    },
}


def describe_change(before: IntegrationView, after: IntegrationView) -> str:
    """Return what the change from `before` to `after` does; empty if it is none."""
    told = [str(sentence) for sentence in _consequences(before, after)]
    if not told:
        return ""
    sentence = told[0][:1].upper() + told[0][1:]
    more = len(told) - 1
    if not more:
        return f"{sentence}."
    other = ngettext(
        "%(sentence)s; %(n)s other change takes effect, too.",
        "%(sentence)s; %(n)s other changes take effect, too.",
        more,
    )
    return other % {"sentence": sentence, "n": more}


def _consequences(before: IntegrationView, after: IntegrationView) -> Iterator[Sentence]:
    lists: tuple[tuple[str, Callable[[ListView, IntegrationView], Sentence]], ...] = (
        ("people", _people),
        ("personal", lambda listed, _after: _personal(listed)),
        ("mailboxes", lambda listed, _after: _mailboxes(listed)),
        ("sign-in", lambda _listed, _after: _("another list of people may sign in with Microsoft")),
        ("admins", lambda listed, _after: _administrators(listed)),
    )
    yield from _switched(before, after, "users")
    for subject, sentence in lists:
        listed = after.selection(subject)
        if listed != before.selection(subject) and not (
            listed.mode == before.selection(subject).mode == "all"
        ):
            yield sentence(listed, after)
    if (before.leavers, before.release_days) != (after.leavers, after.release_days):
        yield _leavers(after)
    for name in [name for name in SWITCHED if name != "users"]:
        yield from _switched(before, after, name)
    range_before = (before.first_extension, before.last_extension)
    if range_before != (after.first_extension, after.last_extension):
        yield _("new people get numbers of the new range; numbers that were given stay")
    for name, sentences in CHOSEN.items():
        if getattr(before, name) != getattr(after, name):
            yield sentences[getattr(after, name)]


def _switched(before: IntegrationView, after: IntegrationView, name: str) -> Iterator[Sentence]:
    now = getattr(after, name)
    if now != getattr(before, name):
        yield SWITCHED[name][0 if now else 1]


def _people(listed: ListView, after: IntegrationView) -> str:
    if listed.mode == "all":
        return _("the next run gives extensions to everybody in the directory")
    if after.leavers == "keep":
        return _(
            "with the next run those who are selected now get extensions; the others keep theirs"
        )
    return _("with the next run those who are not selected any more are treated as people who left")


def _personal(listed: ListView) -> str:
    if listed.mode == "all":
        return _("the next run reads the personal contacts of everybody")
    return _(
        "with the next run those who are not selected any more lose the contacts that were read"
    )


def _mailboxes(listed: ListView) -> str:
    if listed.mode == "all":
        return _("the next run reads every mailbox that Microsoft calls shared")
    return _("with the next run the contacts of mailboxes that are not selected any more go")


def _administrators(listed: ListView) -> str:
    count = len(listed.lines)
    sentence = ngettext(
        "%(n)s person may sign in as administrator of this tenant",
        "%(n)s people may sign in as administrators of this tenant",
        count,
    )
    return sentence % {"n": count}


def _leavers(after: IntegrationView) -> str:
    if after.leavers == "keep":
        return _("with the next run people who left, and were blocked, work again")
    if after.leavers == "block":
        return _("from the next run on people who leave are blocked, and keep their numbers")
    days = after.release_days or 0
    sentence = ngettext(
        "the next run releases the numbers of those who were blocked %(n)s day ago or earlier",
        "the next run releases the numbers of those who were blocked %(n)s days ago or earlier",
        days,
    )
    return sentence % {"n": days}
