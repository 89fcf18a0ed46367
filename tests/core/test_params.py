import re
from typing import Literal

import pytest
from pydantic import Field, model_validator

from brainseg.core.errors import UserError
from brainseg.core.params import StrictSettings, lookup, lookup_name, lookup_seed, parse_settings, read_params


class Example(StrictSettings):
    rate: float = Field(gt=0)
    count: int = Field(ge=1, le=9)
    sure: bool
    word: Literal["this", "that"]

    @model_validator(mode="after")
    def _together(self):
        if self.sure and self.count == 9:
            raise ValueError("9 is never sure")
        return self


FINE = {"rate": "0.5", "count": "3", "sure": "false", "word": "this"}


@pytest.fixture
def read(tmp_path):
    """The block `part.example` as it is written in a params.yaml, checked."""

    def read(**values: str) -> Example:
        lines = "".join(f"    {key}: {value}\n" for key, value in (FINE | values).items() if value != "left out")
        (tmp_path / "params.yaml").write_text(f"part:\n  example:\n{lines}")
        return parse_settings(Example, read_params(tmp_path / "params.yaml"), "part.example")

    return read


@pytest.mark.parametrize("written", ["1e-4", "1E-4", "0.0001", "1.0e-4", "1.e-4", "+1e-4", "100e-6"])
def test_all_ways_to_write_a_float_are_floats(read, written):
    assert read(rate=written).rate == 0.0001


@pytest.mark.parametrize(("written", "rate"), [("1e3", 1000.0), ("1E+3", 1000.0), ("2", 2.0), (".5", 0.5)])
def test_large_and_whole_numbers_are_floats_too(read, written, rate):
    assert read(rate=written).rate == rate


WRONG = [
    ("rate", '"1e-4"', "is '1e-4'; expected a valid number"),
    ("rate", ".nan", "is nan; expected a finite number"),
    ("rate", ".inf", "is inf; expected a finite number"),
    ("rate", "0", "is 0; expected greater than 0"),
    ("rate", "true", "is True; expected a valid number"),
    ("rate", "null", "is None; expected a valid number"),
    ("rate", "[1.0]", r"is \[1.0\]; expected a valid number"),
    ("count", "true", "is True; expected a valid integer"),
    ("count", "2.0", "is 2.0; expected a valid integer"),
    ("count", '"2"', "is '2'; expected a valid integer"),
    ("count", "10", "is 10; expected less than or equal to 9"),
    ("sure", "1", "is 1; expected a valid boolean"),
    ("sure", "yes", "is 'yes'; expected a valid boolean"),  # a word in YAML 1.2
    ("word", "those", "is 'those'; expected 'this' or 'that'"),
    ("word", "left out", "is missing"),
    ("word_", "this", "is not a setting; did you mean word?"),
    ("xyz", "1", "is not a setting; allowed: rate, count, sure, word"),
]


@pytest.mark.parametrize(("key", "written", "expected"), WRONG)
def test_a_fault_is_one_line_with_key_value_and_what_is_allowed(read, key, written, expected):
    with pytest.raises(UserError) as error:
        read(**{key: written})
    assert re.fullmatch(rf"params.yaml: part.example.{key} {expected}".replace("?", r"\?"), str(error.value))


def test_all_faults_of_a_block_are_reported_a_line_each(read):
    with pytest.raises(UserError) as error:
        read(rate="-1", sure="left out", wrod="this", count="ten")
    keys = [re.search(r"part\.example\.(\w+)", line)[1] for line in str(error.value).splitlines()]
    assert sorted(keys) == ["count", "rate", "sure", "wrod"]


def test_a_check_of_our_own_is_reported_with_the_block(read):
    with pytest.raises(UserError, match=r"^params.yaml: part.example: 9 is never sure$"):
        read(sure="true", count="9")


def test_settings_cannot_be_changed_afterwards(read):
    with pytest.raises(ValueError, match="frozen"):
        read().rate = 2.0


@pytest.mark.parametrize(
    ("key", "expected"),
    [("a.b.c", "a.b.c is missing"), ("z", "z is missing"), ("a", "a is 1; expected a block with: rate, count, sure")],
)
def test_a_missing_block_is_reported(key, expected):
    with pytest.raises(UserError, match=f"^params.yaml: {expected}"):
        parse_settings(Example, {"a": 1}, key)


def test_block_finds_values_by_dotted_keys():
    assert lookup({"a": {"b": {"c": 3}}}, "a.b.c") == 3
    assert lookup({"a": None}, "a") is None


@pytest.mark.parametrize("value", [True, -1, 1.0, "1", None])
def test_a_seed_must_be_a_whole_number_from_0(value):
    with pytest.raises(
        UserError, match=f"^params.yaml: seed is {value!r}; expected a whole number from 0 to 4294967295$"
    ):
        lookup_seed({"seed": value}, "seed")
    assert lookup_seed({"seed": 0}, "seed") == 0


@pytest.mark.parametrize("value", [1, None, ["unet"], True])
def test_a_choice_must_be_a_word(value):
    with pytest.raises(UserError, match=f"^params.yaml: arch is {re.escape(repr(value))}; expected a word$"):
        lookup_name({"arch": value}, "arch")
    assert lookup_name({"arch": "unet"}, "arch") == "unet"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nb: [1, 2\n", "line 3: "),
        ("a: 1\na: 2\n", "line 2: found duplicate key"),
        ("a:\n\t- 1\n", "line 2: "),
        ("", "expected keys and values, found NoneType"),
        ("- a\n- b\n", "expected keys and values, found list"),
    ],
)
def test_yaml_that_cannot_be_used_is_reported_in_one_line_with_its_place(tmp_path, text, expected):
    (tmp_path / "params.yaml").write_text(text)
    with pytest.raises(UserError, match=rf"^{tmp_path}/params.yaml[^\n]*{expected}[^\n]*$"):
        read_params(tmp_path / "params.yaml")


def test_a_missing_file_is_reported(tmp_path):
    with pytest.raises(UserError, match=r"params\.yaml: no such file"):
        read_params(tmp_path / "params.yaml")


LEVELS = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
LEVELS += [f"a{k}: &a{k} [{', '.join([f'*a{k - 1}'] * 9)}]" for k in range(1, 10)]


@pytest.mark.parametrize(
    "text",
    ["\n".join(LEVELS), "a: &a [*a, *a]\n", "a: &a {b: *a}\n"],
    ids=["nine levels", "itself", "a block in itself"],
)
def test_aliases_that_stand_for_gigabytes_are_refused(tmp_path, text):
    (tmp_path / "params.yaml").write_text(text)
    with pytest.raises(UserError, match=r"params\.yaml: holds over 100,000 values where its aliases"):
        read_params(tmp_path / "params.yaml")


def test_an_alias_is_what_it_stands_for(tmp_path):
    (tmp_path / "params.yaml").write_text("a: &a [1, 2]\nb: *a\n")
    assert read_params(tmp_path / "params.yaml") == {"a": [1, 2], "b": [1, 2]}


@pytest.mark.parametrize(
    "value", ["9" * 4000, '"' + "x" * 25_000_000 + '"', "[" + "1, " * 50_000 + "1]"], ids=["digits", "word", "list"]
)
def test_a_long_value_is_reported_in_a_short_line(read, value):
    with pytest.raises(UserError) as error:
        read(count=value)
    assert len(str(error.value)) < 400
