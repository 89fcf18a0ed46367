"""`brainseg pack`, `inspect`, `export` and `import-reference`, as a person types them; packing is in tests/model."""

import pytest
import torch
from typer.testing import CliRunner

from benchmarks.reference_state import reference_state
from brainseg.cli.main import app
from brainseg.model.archive import read_model
from tests.model import small_model


def run(*arguments: str):
    return CliRunner().invoke(app, list(arguments))


def test_inspect_prints_the_card_and_the_digests(tmp_path):
    model = small_model.write(tmp_path / "m.zip")
    done = run("inspect", str(tmp_path / "m.zip"))
    assert done.exit_code == 0
    assert done.output.startswith(model.card.rstrip())
    assert f"| weights/0.safetensors | {len(model.parts['weights/0.safetensors'])} | " in done.output


def test_inspect_of_another_file_is_one_line(tmp_path):
    (tmp_path / "m.zip").write_bytes(b"no")
    done = run("inspect", str(tmp_path / "m.zip"))
    assert done.exit_code == 1
    assert done.stderr.startswith(f"error: {tmp_path}/m.zip: not a whole model file") and done.stderr.count("\n") == 1


def test_export_writes_graphs_and_says_how_far_they_differ(tmp_path):
    pytest.importorskip("onnxruntime")
    small_model.write(tmp_path / "m.zip")
    done = run("export", str(tmp_path / "m.zip"), "-o", str(tmp_path / "onnx.zip"))
    assert done.exit_code == 0, done.output
    assert "network 0: any number of slices and any size; ONNX and PyTorch differ by " in done.output
    assert read_model(tmp_path / "onnx.zip").record.networks[0].onnx


def test_import_reference_counts_the_whole_lgg_set_as_known(tmp_path):
    torch.save(reference_state(4), tmp_path / "unet.pt")
    done = run("import-reference", str(tmp_path / "unet.pt"), "-o", str(tmp_path / "m.zip"))
    assert done.exit_code == 0, done.output
    assert "4 features, 110 known persons" in done.output
    assert read_model(tmp_path / "m.zip").record.knows("TCGA_HT_7616_19940813")


def test_pack_says_what_is_in_the_file(tmp_path, monkeypatch):
    asked = []

    def fake(patterns, path, name, half):
        asked.append((patterns, path.name, name, half))
        return small_model.write(tmp_path / "m.zip", networks=2)

    import brainseg.model.pack

    monkeypatch.setattr(brainseg.model.pack, "pack", fake)
    done = run("pack", "cv5-*", "-o", str(tmp_path / "lgg.zip"))
    assert done.exit_code == 0, done.output
    assert run("pack", "--half", "-o", str(tmp_path / "small.zip")).exit_code == 0
    assert asked == [(["cv5-*"], "lgg.zip", "lgg", False), ([], "small.zip", "small", True)]
    assert done.output == f"{tmp_path}/lgg.zip: 2 networks, mean DSC 0.5000 of 3 patients\n"
