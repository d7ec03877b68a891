"""Template tags of imports: the state and the kind of one, in words."""

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from cxaccess.jobs.models import ImportBatch, ImportState
from cxaccess.templatetags.ui import state
from permissions.imports.kinds import KINDS
from permissions.imports.selectors import TONES

register = template.Library()


@register.simple_tag
def import_state(batch: ImportBatch) -> SafeString:
    """Draw the state of an import; one that would do nothing is not ready for anything."""
    if batch.state == ImportState.CHECKED and not (batch.counts.get("create") or batch.counts.get("change")):
        return state(_("Nothing to do"), "off")
    return state(batch.get_state_display(), TONES.get(batch.state, "off"))


@register.filter
def kind_label(key: str) -> str:
    """Return what a kind of file is called."""
    return str(KINDS[key].label) if key in KINDS else key
