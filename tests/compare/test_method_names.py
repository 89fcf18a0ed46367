import pytest

from brainseg.compare.method_names import method_names

GROUPS = {
    "alone": (["dice-seed1"], "dice-seed1"),
    "seeds": (["dice-seed1", "dice-seed2"], "dice"),
    "seeds of two digits": (["dice-seed10", "dice-seed11"], "dice"),
    "ten seeds": (["dice-seed1", "dice-seed10", "dice-seed2"], "dice"),
    "short": (["dice_s1", "dice_s2"], "dice"),
    "numbers": (["dice-1", "dice-2"], "dice"),
    "folds": (["dice.fold0", "dice.fold1"], "dice"),
    "folds and seeds": (["dice-fold0-seed1", "dice-fold0-seed2", "dice-fold1-seed1"], "dice"),
    "seeds of a fold": (["dice-fold0-seed1", "dice-fold0-seed2"], "dice-fold0"),
    "one without a number": (["dice", "dice-seed1"], "dice"),
    "a loss that ends with a number": (["unet2-seed1", "unet2-seed2"], "unet2"),
    "losses of several words": (["log_cosh_dice-seed1", "log_cosh_dice-seed2"], "log_cosh_dice"),
    "DVC's own names": (["bold-cat", "brave-dog"], "bold-cat"),
    "DVC's own names, one adjective": (["bold-cat", "bold-dog"], "bold"),
    "nothing in common": (["main", "seed1"], "main"),
    "nothing but the word": (["seed1", "seed2"], "seed1"),
}


@pytest.mark.parametrize(("names", "expected"), GROUPS.values(), ids=GROUPS)
def test_a_method_is_called_as_its_experiments_begin(names, expected):
    assert method_names([names]) == [expected]


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        ([["dice-a-1", "dice-a-2"], ["dice-b-1", "dice-b-2"]], ["dice-a", "dice-b"]),
        ([["grid-1", "grid-2"], ["grid-3", "grid-4"]], ["grid-1", "grid-3"]),
        ([["dice-1", "dice-2"], ["dice"]], ["dice-1", "dice"]),
        ([["dice"], ["dice-1", "dice-2"]], ["dice", "dice-1"]),
        ([["dice-1", "dice-2"], ["bce", "dice"]], ["dice-1", "bce"]),
        ([["x-1", "x-2"], ["x-3", "x-4"], ["x", "y"]], ["x-1", "x-3", "x"]),
    ],
)
def test_no_two_methods_have_one_name(groups, expected):
    assert method_names(groups) == expected
