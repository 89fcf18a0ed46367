import pytest
import torch
from pydantic import ValidationError
from torch import nn
from torch.nn.functional import interpolate, pad, unfold

from brainseg.archs.refining_unet.model import RefiningUNet, Settings, centred, gather_3x3, gather_pixels, pixel_index
from brainseg.archs.shared.supervision import TrainingOutput
from tests.archs.builders import refining_unet, unet

SETTINGS = {
    "features": 4,
    "levels": 3,
    "coarsening": 1,
    "token_share": 0.05,
    "token_width": 8,
    "token_layers": 1,
    "token_heads": 2,
    "token_weight": 1.0,
}


@pytest.fixture
def network() -> RefiningUNet:
    torch.manual_seed(0)
    return refining_unet(3, **SETTINGS).eval()


@pytest.fixture
def images() -> torch.Tensor:
    return torch.randn(2, 3, 16, 20, generator=torch.Generator().manual_seed(0))


def looked_at(network: RefiningUNet, images: torch.Tensor) -> TrainingOutput:
    """What training input_settings, but with the statistics of evaluation."""
    network.training = True  # of the whole alone: its batch norms stay as they are
    output = network(images)
    network.training = False
    return output


def test_beneath_it_is_the_unet(network, images):
    alone = unet(3, features=4, levels=3).eval()
    alone.load_state_dict(network.unet.state_dict())
    coarse, refined = looked_at(network, images).head_logits
    assert coarse.equal(alone(images))
    assert refined.equal(network(images))


def test_the_least_certain_pixels_and_no_others_change(network, images):
    (coarse, refined), places, weight, _ = looked_at(network, images)
    assert places.shape == (2, 16) and weight == 1.0  # 0.05 of 320 pixels
    changed = (coarse != refined).flatten(1)
    for slice_ in range(2):
        chosen = set(places[slice_].tolist())
        least = set(coarse[slice_].flatten().abs().argsort()[:16].tolist())
        assert chosen == least
        assert changed[slice_].nonzero().flatten().tolist() == sorted(
            chosen - {max(chosen, key=lambda place, slice_=slice_: coarse[slice_].flatten()[place].abs())}
        )


def test_importance_falls_to_nothing_where_the_choice_ends(network, images):
    nn.init.zeros_(network.change[1].weight)
    nn.init.ones_(network.change[1].bias)  # every token would change its logit by 1
    (coarse, refined), places, *_ = looked_at(network, images)
    least = coarse.flatten(1).gather(1, places).abs()
    change = (refined - coarse).flatten(1).gather(1, places)
    torch.testing.assert_close(change, 1 - least / least.amax(1, keepdim=True), atol=1e-6, rtol=1e-5)


def test_at_least_one_pixel_changes(images):
    tiny = refining_unet(3, **SETTINGS | {"token_share": 1e-6}).train()
    (coarse, refined), places, *_ = tiny(images)
    assert places.shape == (2, 2)
    assert (coarse != refined).flatten(1).sum(1).tolist() == [1, 1]


def test_without_weight_no_pixel_is_judged_besides(images):
    assert refining_unet(3, **SETTINGS | {"token_weight": 0.0}).train()(images).extra_pixels is None


def test_every_pixel_may_be_looked_at(images):
    network = refining_unet(3, **SETTINGS | {"token_share": 1.0}).train()
    assert sorted(network(images).extra_pixels[0].tolist()) == list(range(320))


@pytest.mark.parametrize(("layers", "mix"), [(0, False), (1, True)])
def test_tokens_attend_to_each_other_only_through_layers(images, layers, mix):
    torch.manual_seed(0)
    network = refining_unet(3, **SETTINGS | {"token_layers": layers}).eval()
    maps = network.unet.maps(images)
    coarse = network.unet.head(maps[0]).flatten(1)
    places = torch.tensor([[5, 100], [5, 100]])
    both = network.refine(images, maps, coarse, places)
    first = network.refine(images, maps, coarse, places[:, :1])
    assert torch.allclose(both[:, :1], first, atol=1e-6) != mix


def test_the_order_of_the_tokens_does_not_matter(network, images):
    maps = network.unet.maps(images)
    coarse = network.unet.head(maps[0]).flatten(1)
    places = torch.tensor([[5, 100, 200], [17, 3, 64]])
    order = [2, 0, 1]
    torch.testing.assert_close(
        network.refine(images, maps, coarse, places)[:, order],
        network.refine(images, maps, coarse, places[:, order]),
    )


def test_tokens_know_the_bottleneck(network, images):
    maps = network.unet.maps(images)
    coarse, places = network.unet.head(maps[0]).flatten(1), torch.tensor([[5], [5]])
    before = network.refine(images, maps, coarse, places)
    elsewhere = maps[-1].clone()
    elsewhere[:, :, -1, -1] += 1  # far from the pixel: seen through attention alone
    assert not network.refine(images, [*maps[:-1], elsewhere], coarse, places).equal(before)


def test_around_is_what_unfold_gives_with_the_edge_repeated():
    map_ = torch.randn(2, 3, 6, 7)
    row, column = torch.tensor([[0, 5, 3], [2, 0, 5]]), torch.tensor([[0, 6, 4], [6, 3, 0]])
    unfolded = unfold(pad(map_, (1, 1, 1, 1), mode="replicate"), 3)  # (2, 3 * 9, 42), channel by channel
    unfolded = unfolded.unflatten(1, (3, 9)).permute(0, 3, 2, 1).flatten(2)  # (2, 42, 9 * 3), pixel by pixel
    expected = torch.stack([unfolded[slice_, (row * 7 + column)[slice_]] for slice_ in range(2)])
    assert gather_3x3(map_, row, column).equal(expected)
    assert gather_3x3(map_.contiguous(memory_format=torch.channels_last), row, column).equal(expected)


def test_pick_reads_the_pixel_itself():
    map_ = torch.arange(2 * 3 * 4 * 5.0).view(2, 3, 4, 5)
    found = gather_pixels(map_, pixel_index(torch.tensor([[1, 3], [0, 2]]), torch.tensor([[4, 0], [2, 1]]), map_))
    assert found[0, 0].equal(map_[0, :, 1, 4]) and found[0, 1].equal(map_[0, :, 3, 0])
    assert found[1, 0].equal(map_[1, :, 0, 2]) and found[1, 1].equal(map_[1, :, 2, 1])


def test_places_are_the_middles_of_pixels():
    found = centred(torch.tensor([0, 3]), torch.tensor([0, 1]), torch.zeros(1, 1, 4, 2))
    assert found.tolist() == [[-0.75, -0.5], [0.75, 0.5]]


@pytest.mark.parametrize(
    ("settings", "reported"),
    [
        ({"token_share": 0.0}, "greater than 0"),
        ({"token_share": 1.5}, "less than or equal to 1"),
        ({"token_heads": 3}, "token_heads is 3; expected a number that divides token_width, 8"),
    ],
)
def test_other_settings_are_refused(settings, reported):
    with pytest.raises(ValidationError, match=reported):
        Settings(**SETTINGS | settings)


def test_a_slice_that_is_sure_everywhere_is_left_alone(network, images):
    nn.init.zeros_(network.unet.head.weight)
    nn.init.zeros_(network.unet.head.bias)  # all logits 0: nothing to divide by
    assert network(images).isfinite().all()


def test_coarsened_the_unet_receives_the_mean_of_pixels_and_its_logits_are_brought_back(images):
    torch.manual_seed(0)
    network = refining_unet(3, **SETTINGS | {"coarsening": 2, "levels": 2}).eval()
    assert network.divisor == 4
    alone = unet(3, features=4, levels=2).eval()
    alone.load_state_dict(network.unet.state_dict())
    means = images.unflatten(2, (8, 2)).unflatten(4, (10, 2)).mean((3, 5))
    (coarse, refined), places, *_ = looked_at(network, images)
    torch.testing.assert_close(coarse, interpolate(alone(means), size=(16, 20), mode="bilinear", align_corners=False))
    assert places.shape == (2, 16) and refined.shape == (2, 1, 16, 20)


def test_coarsened_the_tokens_still_see_the_slice_whole(images):
    network = refining_unet(3, **SETTINGS | {"coarsening": 2, "levels": 2}).eval()
    maps, coarse = network.coarse_pass(images)
    places = torch.tensor([[5 * 20 + 6], [5 * 20 + 6]])
    before = network.refine(images, maps, coarse.flatten(1), places)
    checked = images.clone()
    checked[:, :, 4:6, 6:8] += torch.tensor([[1.0, -1.0], [-1.0, 1.0]])  # whose mean is nothing
    again, _ = network.coarse_pass(checked)
    torch.testing.assert_close(again, maps)
    assert (network.refine(checked, maps, coarse.flatten(1), places) - before).abs().min() > 1e-4
