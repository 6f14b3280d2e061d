"""Who is meant: all, only these, or all except these; with people chosen, pasted and taken out.

What was chosen or taken out stands in fields of its own beside the form's: the object id and the
line by which somebody is known, or the line that goes.
"""

import re
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from typing_extensions import override

from rollcall.core.matching import chosen_lines
from rollcall.integrations.operations import NewList
from rollcall.integrations.queries import ListView
from rollcall.integrations.rules import MOST_LINES

LONGEST_LINE: Final = 320
ALL, EXCEPT, ONLY = "all", "except", "only"

_GUID = re.compile(r"[0-9A-Za-z-]{1,64}\Z")


class SelectionForm(forms.Form):
    """A selection of people or mailboxes; one without modes is a list of those who are meant."""

    mode = forms.ChoiceField(
        choices=[
            (ALL, gettext_lazy("All")),
            (EXCEPT, gettext_lazy("All except these")),
            (ONLY, gettext_lazy("Only these")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose who is meant.")},
    )
    pasted = forms.CharField(
        required=False,
        max_length=MOST_LINES * LONGEST_LINE,
        label=gettext_lazy("Paste a list"),
        help_text=gettext_lazy(
            "One object id, principal name or mail address a line. They are added to those chosen."
        ),
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false", "autocapitalize": "off"}),
    )
    cleared = forms.BooleanField(required=False, label=gettext_lazy("Empty the list first"))

    def __init__(
        self,
        data: Any = None,
        *,
        subject: str,
        current: ListView,
        legend: Promise | str,
        moded: bool = True,
        mailboxes: bool = False,
    ) -> None:
        """Show or change the list `current`; `legend` is the question that it answers."""
        super().__init__(data, prefix=subject, initial={"mode": current.mode})
        self.subject = subject
        self.current = current
        self.legend = legend
        self.moded = moded
        self.mailboxes = mailboxes
        self.new: NewList | None = None
        if not moded:
            del self.fields["mode"]

    @property
    def added(self) -> list[tuple[str, str]]:
        """The objects that were chosen, each with the line by which it is known."""
        pairs = (value.partition(" ") for value in self._sent("added")[:MOST_LINES])
        return [
            (object_id, line.strip()[:LONGEST_LINE] or object_id)
            for object_id, _space, line in pairs
            if _GUID.match(object_id)
        ]

    @property
    def removed(self) -> frozenset[str]:
        """The lines that are to go."""
        return frozenset(self._sent("removed"))

    def _sent(self, name: str) -> list[str]:
        return (
            self.data.getlist(f"{self.prefix}-{name}") if isinstance(self.data, QueryDict) else []
        )

    def clean_pasted(self) -> tuple[str, ...]:
        """Return the lines that say something."""
        lines = chosen_lines(self.cleaned_data["pasted"].splitlines())
        long = next((line for line in lines if len(line) > LONGEST_LINE), None)
        if long is not None:
            raise ValidationError(
                _("“%(line)s…” is too long for an address: write one a line.") % {"line": long[:40]}
            )
        return lines

    @override
    def clean(self) -> dict[str, Any]:
        """Set `new` if the list, or how it is meant, is to change."""
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        mode = cleaned.get("mode", ONLY)
        lines = self._lines(cleaned["pasted"], cleared=cleaned["cleared"])
        self._check(mode, lines)
        before = tuple(line for line, _object_id in self.current.lines)
        same = lines == before
        if not same or mode != self.current.mode:
            bound = {line: object_id for object_id, line in self.added}
            self.new = NewList(mode, None, {}) if same else NewList(mode, lines, bound)
        return cleaned

    def fresh(self) -> tuple[str, ...]:
        """Return the pasted lines that are new: they are to be looked up."""
        known = {line for line, object_id in self.current.lines if object_id}
        known.update(line for _object_id, line in self.added)
        return tuple(line for line in self.cleaned_data["pasted"] if line not in known)

    def _lines(self, pasted: tuple[str, ...], *, cleared: bool) -> tuple[str, ...]:
        kept = () if cleared else self.current.lines
        ids = {object_id for line, object_id in kept if line not in self.removed and object_id}
        lines = [line for line, _object_id in kept if line not in self.removed]
        lines += [line for object_id, line in self.added if object_id not in ids]
        return chosen_lines([*lines, *pasted])

    def _check(self, mode: str, lines: tuple[str, ...]) -> None:
        if self.moded and mode == ONLY and not lines:
            sentence = _("“Only these” needs somebody: with an empty list nobody would be left.")
            self.add_error("mode", sentence)
        elif len(lines) > MOST_LINES:
            sentence = ngettext(
                "A list has at most %(n)s line.", "A list has at most %(n)s lines.", MOST_LINES
            )
            self.add_error("pasted", sentence % {"n": MOST_LINES})
