import hashlib

import numpy as np
import pytest

from brainseg.robustness.perturbations import STRENGTHS, bias_field, contrast, gamma, generator, noise, perturbed

ALL = [(kind, strength) for kind, strengths in STRENGTHS.items() for strength in strengths]
TENTH = 0.1  # the background


def voxels(*values: int, dtype=np.uint8) -> np.ndarray:
    """An image (1, 1, W, 3) with the values in a row, the same in all channels."""
    return np.repeat(np.array(values, dtype)[None, None, :, None], 3, axis=3)


def row(image: np.ndarray) -> list[int]:
    assert (image == image[..., :1]).all()  # the channels are still alike
    return image[0, 0, :, 0].tolist()


@pytest.fixture(params=[np.uint8, np.uint16])
def head(request, rng) -> np.ndarray:
    """(6, 12, 10, 3): values from 60 to 200, or of twelve bit, in a frame of 0 and dim background."""
    image = np.zeros((6, 12, 10, 3), request.param)
    scale = 1 if request.param == np.uint8 else 16
    image[:, 1:-1, 1:-1] = 5 * scale
    image[1:5, 3:9, 3:8] = rng.integers(60, 201, (4, 6, 5, 3)) * scale
    return image


def test_gamma_by_hand():
    image = voxels(0, 20, 51, 102, 255)  # 20 is below a tenth of 255: background
    assert row(gamma(image, 2, TENTH)) == [0, 20, 10, 41, 255]  # 255 * 0.2 ** 2 and 255 * 0.4 ** 2
    assert row(gamma(image, 0.5, TENTH)) == [0, 20, 114, 161, 255]


def test_gamma_of_16_bit_takes_the_maximum_for_white():
    assert row(gamma(voxels(0, 30, 1000, 4000, dtype=np.uint16), 2, TENTH)) == [0, 30, 250, 4000]


def test_contrast_by_hand_is_about_the_mean_of_the_head():
    image = voxels(0, 0, 0, 10, 60, 100, 140)
    assert row(contrast(image, 1.5, TENTH)) == [0, 0, 0, 10, 40, 100, 160]
    assert row(contrast(image, 0.5, TENTH)) == [0, 0, 0, 10, 80, 100, 120]


def test_contrast_is_clipped_to_the_full_scale():
    assert row(contrast(voxels(30, 130, 230), 2, TENTH)) == [0, 130, 255]


def test_contrast_takes_each_channel_about_its_own_mean():
    image = voxels(40, 80)
    image[..., 1] *= 2
    assert contrast(image, 0.5, TENTH)[0, 0].tolist() == [[50, 100, 50], [70, 140, 70]]


def test_a_bias_field_spans_its_range_over_the_head_and_is_smooth():
    image = np.full((8, 40, 40, 3), 100, np.uint8)
    image[:, :10] = 0  # where the field may leave the range
    ratio = bias_field(image, 0.2, TENTH, generator("A", "bias_field"))[:, 10:, :, 0] / 100
    assert (ratio.min(), ratio.max()) == (0.8, 1.2)
    assert max(np.abs(np.diff(ratio, axis=axis)).max() for axis in (1, 2)) < 0.1


def test_a_bias_field_is_one_for_all_channels():
    assert row(bias_field(voxels(*range(100, 200)), 0.2, TENTH, generator("A", "bias_field")))


def test_noise_has_its_share_of_the_full_scale():
    image = np.full((4, 64, 64, 3), 128, np.uint8)
    change = noise(image, 0.05, TENTH, generator("A", "noise")).astype(float) - 128
    assert change.std() == pytest.approx(0.05 * 255, rel=0.02)
    assert abs(change.mean()) < 0.3
    assert abs(np.corrcoef(change[..., 0].ravel(), change[..., 1].ravel())[0, 1]) < 0.03  # each channel its own


def test_nothing_changes_at_strength_none(head):
    for same in (
        gamma(head, 1, TENTH),
        contrast(head, 1, TENTH),
        bias_field(head, 0, TENTH, any_rng()),
        noise(head, 0, TENTH, any_rng()),
    ):
        np.testing.assert_array_equal(same, head)


def any_rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.mark.parametrize(("kind", "strength"), ALL)
def test_type_range_and_background_stay(head, kind, strength):
    before = head.copy()
    for version in perturbed(head, kind, strength, "A", TENTH):
        assert version.dtype == head.dtype and version.shape == head.shape
        assert (version != head).mean() > 0.1
        np.testing.assert_array_equal(version[head < 60], head[head < 60])
        assert version.max() <= (255 if head.dtype == np.uint8 else head.max())
    np.testing.assert_array_equal(head, before)  # the image that was given is not written to


@pytest.mark.parametrize("kind", STRENGTHS)
def test_a_stronger_one_changes_more(head, kind):
    change = [
        [np.abs(version - head.astype(float)).mean() for version in perturbed(head, kind, strength, "A", TENTH)]
        for strength in STRENGTHS[kind]
    ]
    assert list(STRENGTHS[kind]) == ["weak", "medium", "strong"]
    assert (np.diff(change, axis=0) > 0).all()


@pytest.mark.parametrize("strength", STRENGTHS["gamma"])
def test_gamma_and_contrast_go_both_ways(head, strength):
    darker, brighter = (version.mean() for version in perturbed(head, "gamma", strength, "A", TENTH))
    assert darker < head.mean() < brighter
    more, less = (version[head >= 60].std() for version in perturbed(head, "contrast", strength, "A", TENTH))
    assert less < head[head >= 60].std() < more


@pytest.mark.parametrize("kind", ["bias_field", "noise"])
def test_another_patient_is_another_draw_and_another_strength_the_same(head, kind):
    (a,), (again,), (b,) = (list(perturbed(head, kind, "strong", patient, TENTH)) for patient in "AAB")
    np.testing.assert_array_equal(a, again)
    assert (a != b).any()
    (weak,) = perturbed(head, kind, "weak", "A", TENTH)
    change, smaller = (version[head >= 60] - head[head >= 60].astype(float) for version in (a, weak))
    assert np.corrcoef(change, smaller)[0, 1] > 0.9


DIGESTS = {
    "gamma": "d3cd8633f4197e6c",
    "contrast": "ada8057cce7858ea",
    "bias_field": "e5fae5562945db39",
    "noise": "eb8fbffc6b0c04a7",
}


@pytest.mark.parametrize(("kind", "digest"), DIGESTS.items())
def test_the_same_bytes_in_every_process_and_on_every_machine(kind, digest):
    image = (np.arange(4 * 5 * 6 * 3) * 7 % 256).astype(np.uint8).reshape(4, 5, 6, 3)
    content = b"".join(
        version.tobytes() for version in perturbed(image, kind, "medium", "TCGA_CS_4944_20010208", TENTH)
    )
    assert hashlib.sha256(content).hexdigest()[:16] == digest


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize(("kind", "strength"), ALL)
def test_an_empty_image_stays_empty(kind, strength, dtype):
    for version in perturbed(np.zeros((2, 3, 4, 3), dtype), kind, strength, "A", TENTH):
        assert version.dtype == dtype
        assert not version.any()


@pytest.mark.parametrize(("kind", "strength"), ALL)
def test_background_is_a_share_of_the_maximum(kind, strength, rng):
    """Twelve bit of which one voxel takes most: only a low background leaves a head to change."""
    image = np.zeros((4, 8, 9, 3), np.uint16)
    image[1:3, 2:6, 2:7] = rng.integers(100, 200, (2, 4, 5, 3))
    image[2, 3, 3] = 4000
    dim, hot = (image > 0) & (image < 4000), image == 4000
    for version in perturbed(image, kind, strength, "A", TENTH):  # from 400 on
        np.testing.assert_array_equal(version[~hot], image[~hot])
    for version in perturbed(image, kind, strength, "A", 0.01):  # from 40 on
        assert (version[dim] != image[dim]).mean() > 0.5
        assert not version[image == 0].any()


def test_the_background_itself_is_of_the_head():
    image = voxels(99, 100, 101, 200)
    assert row(gamma(image, 2, 0.5)) == [99, 39, 40, 157]  # from half of 200 on; 255 * (100 / 255) ** 2
    assert row(gamma(image, 2, 1.0)) == [99, 100, 101, 157]
    assert row(gamma(voxels(0, 1, 255), 0.5, 0.0)) == [0, 16, 255]  # 0 is no head


def test_a_head_of_one_voxel_has_no_bias():
    image = voxels(0, 200, 0)
    np.testing.assert_array_equal(bias_field(image, 0.4, TENTH, any_rng()), image)
