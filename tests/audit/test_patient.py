import numpy as np
import pytest

from brainseg.audit.patient import examine
from brainseg.core.errors import UserError
from brainseg.data.raw.patients import write_patient
from tests.audit.conftest import head


def test_a_patient_is_examined_once_for_all(tmp_path):
    image, mask = head(1)
    image = image.copy()
    image[..., 2] = image[..., 1]
    mask = mask.copy()
    mask[0, :, 0] = True
    write_patient(tmp_path / "P", image, mask)
    found = examine(tmp_path, "P")
    assert (found.counts.slices, found.counts.lesion_voxels) == (8, mask.sum())
    kinds = {finding.kind for finding in found.findings}
    assert {"equal channels", "lesion at the border of the image", "lesion in the first or last slice"} <= kinds
    assert len(found.fingerprint.numbers) >= 5 and found.intensities.shape[0] == 3
    np.testing.assert_array_equal(found.intensities[1], found.intensities[2])


def test_a_head_without_faults_has_no_findings(tmp_path):
    write_patient(tmp_path / "P", *head(1))
    assert examine(tmp_path, "P").findings == []


def test_a_patient_that_cannot_be_read_is_a_user_error(tmp_path):
    (tmp_path / "P").mkdir()
    with pytest.raises(UserError, match="P: images or masks are missing"):
        examine(tmp_path, "P")
