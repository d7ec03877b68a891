"""The filters of the trail page, as they stand in its address."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from audits.trail.sentences import AREAS
from audits.trail.tags import Tag
from cxaccess.choosing import Select
from cxaccess.formparts import require_near

KINDS = [("", _("Anything")), (_("Areas"), list(AREAS.items())), (_("Events"), list(Tag.choices))]
DAY = forms.DateInput(attrs={"type": "date"})


class Filters(forms.Form):
    """What to show. A part that cannot be read is passed over: an address never fails."""

    q = forms.CharField(required=False, max_length=200)
    kind = forms.ChoiceField(label=_("What happened"), choices=KINDS, required=False, widget=Select)
    by = forms.CharField(label=_("Done by"), required=False, max_length=200)
    about = forms.CharField(label=_("About"), required=False, max_length=200)
    since = forms.DateField(label=_("From"), required=False, widget=DAY, validators=[require_near])
    upto = forms.DateField(label=_("To"), required=False, widget=DAY, validators=[require_near])
    cid = forms.CharField(label=_("Correlation id"), required=False, max_length=40)
    refused = forms.BooleanField(label=_("Refusals only"), required=False)
    on = forms.RegexField(r"^[a-z]+:[0-9]{1,18}$", required=False, widget=forms.HiddenInput)

    def wanted(self) -> dict[str, Any]:
        """Return {name: value} of the filters in force."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value not in (None, "", False)}
