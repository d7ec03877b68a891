"""Forms of imports: the file, its columns, the last step."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cxaccess.jobs.models import ImportBatch
from cxaccess.lib import csv_in
from permissions.imports.kinds import Kind

FEW = 50  # rows that may give access without a number being typed


class UploadForm(forms.Form):
    """A file, whose ids it holds, how it is written."""

    file = forms.FileField(
        label=gettext_lazy("CSV file"),
        max_length=200,
        widget=forms.FileInput({"accept": ".csv,.txt,.tsv,text/csv,text/plain"}),
        help_text=gettext_lazy("Commas, semicolons or tabs; the first line names the columns. At most 200 MB."),
    )
    system = forms.CharField(
        label=gettext_lazy("System"),
        max_length=40,
        required=False,
        help_text=gettext_lazy("Whose ids the file holds, such as hr. The next file of that system finds the same."),
    )
    encoding = forms.ChoiceField(
        label=gettext_lazy("Encoding"),
        choices=[
            (csv_in.AUTO, gettext_lazy("UTF-8, or what the file says itself")),
            (csv_in.WESTERN, gettext_lazy("Windows-1252 (older Excel)")),
        ],
        initial=csv_in.AUTO,
    )


class ColumnsForm(forms.Form):
    """Which column of the file is which column of the console."""

    def __init__(self, *args: Any, kind: Kind, batch: ImportBatch, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", _("Not in this file")), *((str(place), name) for place, name in enumerate(batch.header))]
        for column in kind.columns():
            self.fields[column.key] = forms.TypedChoiceField(
                label=column.label,
                help_text=column.help,
                choices=choices,
                required=column.required,
                coerce=int,
                empty_value=None,
                initial=batch.mapping.get(column.key, ""),
            )

    def mapping(self) -> dict[str, int]:
        """Return {column: its place in the header}."""
        return {key: place for key, place in self.cleaned_data.items() if place is not None}


class ApplyForm(forms.Form):
    """The last step: whether refused rows are left out, and the number of rows where much access is given."""

    leave_out = forms.BooleanField(required=False)
    typed = forms.CharField(
        required=False, widget=forms.TextInput({"class": "auto", "inputmode": "numeric", "size": "8"})
    )

    def __init__(self, *args: Any, refused: int, writing: int, gives: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.writing = writing
        self.must_type = gives and writing > FEW
        if refused:
            self.fields["leave_out"].required = True
            self.fields["leave_out"].label = _("Leave out the refused rows (%(n)s)") % {"n": f"{refused:,}"}
            self.fields["leave_out"].error_messages["required"] = _(
                "Tick this, or mend the file and bring it in again."
            )
        else:
            del self.fields["leave_out"]
        if self.must_type:
            self.fields["typed"].required = True
            words = {"n": writing}
            self.fields["typed"].label = _("%(n)d rows give access. Type %(n)d to confirm") % words
        else:
            del self.fields["typed"]

    def clean_typed(self) -> str:
        """Refuse another number than that of the rows."""
        typed: str = self.cleaned_data["typed"]
        if typed.replace(",", "").replace(" ", "").replace(".", "") != str(self.writing):
            raise forms.ValidationError(_("Type %(n)d, the number of rows.") % {"n": self.writing})
        return typed


class FilterForm(forms.Form):
    """What narrows the list of imports."""

    kind = forms.ChoiceField(required=False, label=gettext_lazy("Kind"))

    def __init__(self, *args: Any, kinds: dict[str, Kind], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [("", _("Any kind")), *((key, kind.label) for key, kind in kinds.items())]  # type: ignore[attr-defined]
        self.fields["kind"].widget.attrs["class"] = "auto"
