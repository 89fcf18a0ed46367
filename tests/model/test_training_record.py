import hashlib

import pytest

from brainseg.core.errors import UserError
from brainseg.model.pack import pack
from tests.model import small_model
from tests.model.conftest import SUBSETS


def test_who_trained_or_validated_is_known_and_no_patient_is_named(experiments, tmp_path):
    experiments(one={})
    record = pack(["one"], tmp_path / "m.zip", "mine").record
    assert [record.knows(name) for name in SUBSETS] == [True, True, True, False]
    assert b"TCGA" not in (tmp_path / "m.zip").read_bytes()


def test_persons_of_the_start_are_known_too(experiments, tmp_path):
    start = tmp_path / "start.zip"
    small_model.write(start)  # knows TCGA_CS_1234
    (one,) = experiments(one={"train.start_from": str(start)})
    md5 = hashlib.md5(start.read_bytes()).hexdigest()
    one.lock = {"train": {"deps": [{"path": str(start), "md5": md5}]}}
    record = pack(["one"], tmp_path / "m.zip", "mine").record
    assert record.knows("TCGA_CS_1234_20010101") and record.knows("TCGA_AA_1") and not record.knows("TCGA_AA_4")
    small_model.write(start, name="another")
    with pytest.raises(UserError, match="^one: train.start_from is .*start.zip; expected that file, unchanged$"):
        pack(["one"], tmp_path / "n.zip", "mine")


def test_each_experiments_patients_are_known_by_its_own_pattern(experiments, tmp_path):
    _, two = experiments(preprocessed_too=False, one={}, two={"split.person_pattern": r"(\w+)-\d"})
    two.per_volume = two.per_volume.set_axis(["anna-1", "anna-2", "bert-1", "carl-1"]).rename_axis("patient")
    record = pack(["*"], tmp_path / "m.zip", "mine").record
    assert record.knows("anna-3") and record.knows("TCGA_AA_1") and not record.knows("carl-2")
    assert record.training.patients == 6
