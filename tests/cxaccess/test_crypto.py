"""Secrets at rest."""

import pytest

from cxaccess.lib import crypto

OLD, NEW = crypto.new_key(), crypto.new_key()


def test_what_is_sealed_shows_nothing_and_comes_back():
    sealed = crypto.seal("JBSWY3DPEHPK3PXP", [OLD])
    assert "JBSWY3DP" not in sealed
    assert crypto.unseal(sealed, [OLD]) == "JBSWY3DPEHPK3PXP"


def test_a_new_key_in_front_still_opens_what_the_old_one_sealed():
    sealed = crypto.seal("secret", [OLD])
    resealed = crypto.reseal(sealed, [NEW, OLD])
    assert crypto.unseal(resealed, [NEW]) == "secret"
    with pytest.raises(crypto.CannotUnseal):
        crypto.unseal(resealed, [OLD])


def test_a_changed_byte_is_refused():
    sealed = crypto.seal("secret", [OLD])
    with pytest.raises(crypto.CannotUnseal):
        crypto.unseal(sealed[:-6] + "AAAA==", [OLD])


@pytest.mark.parametrize("keys", [[], [""], ["short"], ["ä" * 44]])
def test_a_key_that_is_none_is_named_but_not_shown(keys):
    with pytest.raises(crypto.BadKey) as refusal:
        crypto.seal("secret", keys)
    assert not any(key and key in str(refusal.value) for key in keys)
