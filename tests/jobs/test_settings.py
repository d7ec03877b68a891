"""Instance settings keep their types."""

import pytest
from django.db import transaction

from cxaccess.jobs import settings as instance
from cxaccess.jobs.models import Setting

pytestmark = pytest.mark.django_db


def test_a_setting_is_its_default_until_it_is_put():
    assert instance.get(instance.NOTICE_DAYS) == 7
    with transaction.atomic():
        instance.put(instance.NOTICE_DAYS, 14)
        instance.put(instance.NOTICE_DAYS, 3)
    assert instance.get(instance.NOTICE_DAYS) == 3
    assert instance.get_all([instance.NOTICE_DAYS, instance.SET_UP]) == {
        "grants.notice_days": 3,
        "instance.set_up": False,
    }


@pytest.mark.parametrize("value", ["3", True, 3.0, [3]])
def test_a_value_of_another_type_is_refused_and_never_read(value):
    with transaction.atomic(), pytest.raises(TypeError):
        instance.put(instance.NOTICE_DAYS, value)
    Setting.objects.create(key=instance.NOTICE_DAYS.key, value=value)
    assert instance.get(instance.NOTICE_DAYS) == 7


@pytest.mark.django_db(transaction=True)
def test_a_setting_changes_only_with_its_event():
    with pytest.raises(RuntimeError):
        instance.put(instance.SET_UP, True)
