"""What the mails about signing in need."""

from datetime import datetime

from allauth.account.utils import user_pk_to_url_str
from django import template
from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.urls import reverse

from accounts.models import Person

register = template.Library()


@register.filter
def moment(text: str) -> datetime:
    """Return the moment that a fact of a notice holds in ISO form."""
    return datetime.fromisoformat(text)


@register.simple_tag
def password_link(person: Person) -> str:
    """Return the link that sets a password, made while the mail is written: it is kept nowhere."""
    key = default_token_generator.make_token(person)
    path = reverse("account_reset_password_from_key", kwargs={"uidb36": user_pk_to_url_str(person), "key": key})
    return f"{settings.PUBLIC_URL.rstrip('/')}{path}"
