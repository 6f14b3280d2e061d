"""What the tabs of settings share: they are shown, checked, saved, and what that does is said."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from rollcall.core.errors import SetupError
from rollcall.core.matching import AMBIGUOUS, Match
from rollcall.integrations.directory import name_people
from rollcall.integrations.operations import Connection, bind_lines, change_integration
from rollcall.integrations.queries import IntegrationView, find_or_draft
from rollcall.integrations.rules import ADMINISTRATORS
from rollcall.portal.forms.integration import TabForm
from rollcall.portal.forms.selections import SelectionForm
from rollcall.portal.views.integration.chosen import ChosenList, list_chosen
from rollcall.portal.views.integration.consequences import describe_change
from rollcall.portal.views.integration.header import header_of
from rollcall.web.identity import PageRequest
from rollcall.web.scope import tenant_scope
from rollcall.wiring.lists import Resolution, resolve_lines

MOST_LIVE: Final = 200
PATIENCE: Final = 10.0
"""So many pasted lines are looked up in the live directory, and so many seconds it gets."""

OF_NO_RUN: Final = frozenset({"sign_in", "enforce_sign_in", "sign-in", ADMINISTRATORS})
"""What a preview does not show."""

NAMED: Final = 5
"""So many lines are named in a warning."""


@dataclass(frozen=True, slots=True)
class Question:
    """A selection on a tab: which list, and what is asked."""

    subject: str
    legend: Promise | str
    moded: bool = True
    mailboxes: bool = False


@dataclass(frozen=True, slots=True)
class Tab:
    """A tab of settings. `more` adds what its page shows beside the form."""

    name: str
    template: str
    form: type[TabForm]
    questions: tuple[Question, ...]
    more: Callable[[PageRequest, IntegrationView], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Added:
    """Somebody who was chosen and is not saved yet."""

    value: str
    name: str
    address: str


@dataclass(frozen=True, slots=True)
class SelectionPart:
    """A selection as it is shown."""

    form: SelectionForm
    chosen: ChosenList
    added: list[Added]


def answer(request: PageRequest, tab: Tab) -> HttpResponse:
    """Show a tab, or save what was sent. Runs in no scope, because Microsoft may be asked."""
    tenant_id = request.tenant.id
    if request.method != "POST":
        with tenant_scope(tenant_id):
            current = find_or_draft(tenant_id)
            return _show(request, tab, current, tab.form(current=current), _questions(tab, current))
    current = find_or_draft(tenant_id)
    form = tab.form(request.POST, current=current)
    selections = _questions(tab, current, request.POST)
    valid = [part.is_valid() for part in (form, *selections)]
    if all(valid) and _save(request, current, form, selections):
        return redirect(tab.name, tenant=request.tenant.slug)
    with tenant_scope(tenant_id):
        return _show(request, tab, current, form, selections)


def _questions(
    tab: Tab, current: IntegrationView, data: QueryDict | None = None
) -> list[SelectionForm]:
    return [
        SelectionForm(
            data,
            subject=question.subject,
            current=current.selection(question.subject),
            legend=question.legend,
            moded=question.moded,
            mailboxes=question.mailboxes,
        )
        for question in tab.questions
    ]


def _save(
    request: PageRequest,
    current: IntegrationView,
    form: TabForm,
    selections: Sequence[SelectionForm],
) -> bool:
    tenant_id = request.tenant.id
    values = {name: new for name, new in form.values.items() if getattr(current, name) != new}
    lists = {each.subject: each.new for each in selections if each.new is not None}
    if not values and not lists:
        messages.info(request, _("Nothing was changed."))
        return True
    try:
        after = change_integration(
            tenant_id,
            actor=request.identity.actor,
            connection=Connection(),
            values=values,
            lists=lists,
        )
    except SetupError as error:
        form.refuse(error)
        return False
    messages.success(request, _told(current, after, values.keys() | lists.keys()))
    for each in selections:
        if each.new is not None and (fresh := each.fresh()):
            _bind(request, after, each, fresh)
    return True


def _told(before: IntegrationView, after: IntegrationView, changed: AbstractSet[str]) -> str:
    sentence = describe_change(before, after)
    if not sentence:
        return _("Saved.")
    if changed <= OF_NO_RUN:
        return f"{_('Saved.')} {sentence}"
    hint = _("“Preview changes” shows it person by person before it happens.")
    return f"{_('Saved.')} {sentence} {hint}"


def _bind(
    request: PageRequest, after: IntegrationView, selection: SelectionForm, lines: Sequence[str]
) -> None:
    """Look the new lines up, and say which of them mean nobody, or too many."""
    resolution = resolve_lines(
        request.machine, after, lines, most_live=MOST_LIVE, patience=PATIENCE
    )
    bind_lines(request.tenant.id, selection.subject, resolution.found)
    for warning in _warnings(resolution):
        messages.warning(request, warning)


def _warnings(resolution: Resolution) -> list[str]:
    doubtful = [each for each in resolution.problems if each.problem == AMBIGUOUS]
    unknown = [each for each in resolution.problems if each.problem != AMBIGUOUS]
    warnings = []
    if unknown:
        sentence = ngettext(
            "%(n)s line is not in the directory, and means nobody: %(lines)s. Check the spelling.",
            "%(n)s lines are not in the directory, and mean nobody: %(lines)s. Check the spelling.",
            len(unknown),
        )
        warnings.append(sentence % {"n": len(unknown), "lines": _named(unknown)})
    if doubtful:
        sentence = ngettext(
            "%(n)s line means more than one person: %(lines)s. Use the object id.",
            "%(n)s lines mean more than one person: %(lines)s. Use the object id.",
            len(doubtful),
        )
        warnings.append(sentence % {"n": len(doubtful), "lines": _named(doubtful)})
    if resolution.later:
        count = len(resolution.later)
        sentence = ngettext(
            "%(n)s line could not be looked up now; the next run does it.",
            "%(n)s lines could not be looked up now; the next run does it.",
            count,
        )
        warnings.append(sentence % {"n": count})
    return warnings


def _named(matches: Iterable[Match]) -> str:
    lines = [f"“{match.line[:80]}”" for match in matches]
    shown = ", ".join(lines[:NAMED])
    return f"{shown}, …" if len(lines) > NAMED else shown


def _show(
    request: PageRequest,
    tab: Tab,
    current: IntegrationView,
    form: TabForm,
    selections: Sequence[SelectionForm],
) -> HttpResponse:
    tenant_id = request.tenant.id
    added = [object_id for each in selections for object_id, _line in each.added]
    names = name_people(tenant_id, added) if added else {}
    parts = {
        each.subject.replace("-", "_"): SelectionPart(
            form=each,
            chosen=list_chosen(tenant_id, each.current, each.subject, removed=each.removed),
            added=[
                Added(
                    value=f"{object_id} {line}",
                    name=names[object_id].name if object_id in names else line,
                    address=line if object_id in names else "",
                )
                for object_id, line in each.added
            ],
        )
        for each in selections
    }
    header = header_of(request)
    values = {
        "form": form,
        "parts": parts,
        "missing": _missing(header),
        "refused": any(part.is_bound and part.errors for part in (form, *selections)),
    }
    return render(request, tab.template, {**header, **values, **tab.more(request, current)})


def _missing(header: Mapping[str, Any]) -> dict[str, bool]:
    """Return which permissions the last token is known to lack."""
    check = header["status"].check if header["status"] else None
    granted = check.granted if check else None
    names = {
        "people": "User.Read.All",
        "contacts": "Contacts.Read",
        "purposes": "MailboxSettings.Read",
    }
    return {key: granted is not None and name not in granted for key, name in names.items()}
