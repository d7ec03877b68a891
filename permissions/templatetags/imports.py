"""Template tags of imports: the state and the kind of one, in words."""

from django import template
from django.utils.safestring import SafeString

from cxaccess.jobs.models import ImportBatch
from cxaccess.templatetags.ui import state
from permissions.imports.kinds import KINDS
from permissions.imports.selectors import TONES

register = template.Library()


@register.simple_tag
def import_state(batch: ImportBatch) -> SafeString:
    """Draw the state of an import."""
    return state(batch.get_state_display(), TONES.get(batch.state, "off"))


@register.filter
def kind_label(key: str) -> str:
    """Return what a kind of file is called."""
    return str(KINDS[key].label) if key in KINDS else key
