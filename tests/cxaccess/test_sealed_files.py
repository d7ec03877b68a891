"""Files at rest: sealed piece by piece, and every change noticed."""

import pytest

from cxaccess.lib.crypto import CannotUnseal, new_key
from cxaccess.lib.sealed_files import PIECE, seal_to, unseal_from


@pytest.mark.parametrize("size", [0, 1, PIECE, PIECE + 1, 3 * PIECE + 17])
def test_what_is_sealed_comes_back(tmp_path, size):
    content, key = bytes(range(256)) * (size // 256 + 1), new_key()
    path = tmp_path / "deep" / "file"
    assert seal_to(path, [content[:size][:100], content[:size][100:]], [key]) == size
    assert b"".join(unseal_from(path, [new_key(), key])) == content[:size]
    assert content[:200] not in path.read_bytes() or size < 200
    assert path.stat().st_mode & 0o077 == 0


def test_a_piece_that_is_cut_off_swapped_or_of_another_file_is_noticed(tmp_path):
    key = new_key()
    path, other = tmp_path / "a", tmp_path / "b"
    seal_to(path, [b"x" * (2 * PIECE + 5)], [key])
    seal_to(other, [b"y" * 5], [key])
    whole = path.read_bytes()
    length = 4 + int.from_bytes(whole[:4], "big")
    for forged in (whole[:-10], whole[:length], whole[length : 2 * length] + whole[:length] + whole[2 * length :],
                   other.read_bytes()):  # fmt: skip
        path.write_bytes(forged)
        with pytest.raises(CannotUnseal):
            list(unseal_from(path, [key]))
