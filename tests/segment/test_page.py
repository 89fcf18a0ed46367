import re

import numpy as np
import pytest

import brainseg
from brainseg.segment.page import page
from tests.model import small_model


@pytest.fixture
def segmented(tmp_path, rng):
    """segmented(bias, spacing_mm): a scan of that name, and the record of its model."""

    def make(bias: float = 1000.0, spacing_mm=None, name: str = "<b>anna</b>"):
        small_model.write(tmp_path / "m.zip", bias=bias)
        segmenter = brainseg.load(tmp_path / "m.zip")
        path = tmp_path / "scan.npy"
        np.save(path, rng.integers(40, 255, (6, 20, 10, 3)).astype(np.uint8))
        found = segmenter(path, spacing_mm)
        object.__setattr__(found.scan, "name", name)
        return found, segmenter.model.record

    return make


def text_of(content: bytes) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<(?!/?b>)[^>]*>", " ", content.decode().replace("&#34;", '"')))


def test_the_page_says_the_volume_in_ml_and_what_the_dsc_should_be(segmented):
    found, record = segmented(spacing_mm=(5.0, 1.0, 2.0))
    text = text_of(page(found, record))
    assert f"{found.volume_ml:.1f} ml" in text and "predicted volume of the lesion" in text
    assert f"expected DSC {found.predicted_dsc:.2f}" in text
    assert r"5.00 \u00d7 1.00 \u00d7 2.00 mm" in text and "not a medical device" in text
    assert "mean DSC 0.5000" in text and "1 of 3 patients have a DSC below 0.1" in text


def test_without_spacing_there_are_voxels(segmented):
    found, record = segmented()
    text = text_of(page(found, record))
    assert f"{int(found.mask.sum()):,} predicted voxels; the scan states no spacing" in text


def test_a_scan_without_lesion_says_so_and_expects_no_dsc(segmented):
    found, record = segmented(bias=-1000.0)
    text = text_of(page(found, record))
    assert "no lesion was found" in text and "expected DSC not known" in text


def test_pixels_that_are_not_square_preserve_their_shape(segmented):
    found, record = segmented(spacing_mm=(5.0, 1.0, 2.0))
    content = page(found, record).decode()
    assert '"aspect": 0.5' in content and '"height": 20' in content and '"width": 10' in content


def test_a_name_that_looks_like_html_is_text_and_the_same_scan_gives_the_same_bytes(segmented):
    found, record = segmented(name="<script>alert(1)</script>")
    content = page(found, record)
    assert b"<script>alert" not in content and content == page(found, record)


def test_a_model_that_was_not_scored(segmented):
    found, record = segmented()
    text = text_of(page(found, record.model_copy(update={"scores": None})))
    assert "Not measured." in text and "mean DSC" not in text
