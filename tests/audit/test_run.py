"""All of an audit, on synthetic heads with faults; and on real patients with planted copies."""

from dataclasses import replace

import numpy as np
import pytest

from brainseg.audit.run import audit, lines, summary
from brainseg.core.errors import UserError
from brainseg.data.raw.patients import patient_names, read_images, read_mask, write_patient
from tests.audit.conftest import rescaled, rotated, through_jpeg, with_contrast, write_16_bit


def test_the_copy_in_another_subset_is_found_and_nothing_else(audited):
    [copy] = audited.findings
    assert (copy.kind, copy.patient, copy.other_patient) == ("near-duplicate patients", "MADE_NORTH_0", "renamed")
    assert audited.leaks == [copy] and audited.kinds == ["near-duplicate patients"]
    assert (len(audited.counts), audited.slices) == (10, 80)


def test_without_split_nothing_is_across_subsets(audited):
    assert replace(audited, subset={}).leaks == []


def test_the_summary_counts_every_kind(audited):
    numbers = summary(audited)
    assert numbers["patients"] == 10 and numbers["across_subsets"] == 1
    assert numbers["findings"]["near-duplicate patients"] == 1 and numbers["findings"]["no lesion"] == 0


def test_the_terminal_is_shown_a_short_table_and_a_warning(audited):
    reported = lines(audited)
    assert reported[0] == f"10 patients, 80 slices in {audited.root}"
    assert reported[1].split() == ["finding", "patients", "findings"]
    assert reported[2].split() == ["near-duplicate", "patients", "1", "1"]
    assert reported[3].startswith("warning: MADE_NORTH_0 (train) and renamed (test): near-duplicate patients, 100 % of")
    assert reported[4:] == [
        "licence of the data: not known: the owner of the data decides",
        "cite: not known: the owner of the data decides",
    ]


def test_a_folder_without_patients_is_an_error(tmp_path):
    with pytest.raises(UserError, match="no patients found"):
        audit(tmp_path, {}, "auto", "folder")


def test_copies_of_real_patients_are_found_and_only_they(lgg, tmp_path):
    names = patient_names(lgg)[:3]
    for name in names:
        (tmp_path / name).symlink_to(lgg / name)
    image, mask = (read(lgg / names[0]) for read in (read_images, read_mask))
    write_patient(tmp_path / "rotated", rotated(image, 1), mask)
    write_patient(tmp_path / "smaller", rescaled(image, 0.5), mask[:, ::2, ::2])
    write_patient(tmp_path / "contrast", with_contrast(image, 1.3), mask)
    write_16_bit(tmp_path / "other_file_type", through_jpeg(image), mask)
    copies = {"rotated", "smaller", "contrast", "other_file_type"}

    split = dict.fromkeys(names, "train") | dict.fromkeys(copies, "test")
    leaks = audit(tmp_path, split, "auto", "folder").leaks
    assert {leak.kind for leak in leaks} == {"near-duplicate patients"}
    assert {(leak.patient, leak.other_patient) for leak in leaks} == {(names[0], copy) for copy in copies}
    assert np.median([leak.value for leak in leaks]) > 0.95
