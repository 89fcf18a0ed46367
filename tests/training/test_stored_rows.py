import numpy as np
import pytest
import torch

from brainseg.core.files import write_npz
from brainseg.data.preprocessed_rows import locate
from brainseg.training.stored_rows import CHUNK_ROWS, StoredRows


@pytest.fixture
def whole(rng) -> np.ndarray:
    return rng.integers(0, 65536, (CHUNK_ROWS + 9, 2, 3)).astype(np.uint16)


@pytest.fixture
def stored(whole, tmp_path) -> StoredRows:
    """The rows in two files, each with a row before and behind that does not belong."""
    rows = StoredRows()
    for name, part in (("a", whole[:5]), ("b", whole[5:])):
        write_npz(tmp_path / f"{name}.npz", {"image": np.concatenate([part[:1] + 1, part, part[:1] + 2])})
        rows.add(locate(tmp_path / f"{name}.npz", "image"), list(range(1, len(part) + 1)))
    return rows


@pytest.mark.parametrize("index", [[0], [4, 5, 4], [[3, 8], [72, 0]]])
def test_an_index_gives_its_rows_whatever_file_they_are_in(stored, whole, index):
    found = stored[torch.tensor(index)]
    assert found.dtype == torch.uint16
    np.testing.assert_array_equal(found.numpy(), whole[np.array(index)])


def test_shape_and_bytes_are_those_of_the_array_in_memory(stored, whole):
    assert stored.shape == whole.shape and stored.nbytes == whole.nbytes


def test_the_chunks_are_all_rows_in_their_order(stored, whole):
    chunks = [chunk.numpy() for chunk in stored.chunks()]
    assert len(chunks) == 2
    np.testing.assert_array_equal(np.concatenate(chunks), whole)
