import pytest

from brainseg.core.params import read_params
from brainseg.experiments import yaml12
from tests.conftest import ROOT


def test_yaml_is_read_as_ruamel_reads_it(tmp_path):
    odd = tmp_path / "odd.yaml"
    odd.write_text(
        "a: [1e-4, 5e-05, 1e+3, -.5, .5e-3, 1., 1.5E3, .inf, -.inf, 1_000, 010, 0o17, 0x1F, 0b11, -0x1f, +7]\n"
        "b: [yes, no, on, y, true, False, ~, null, '1', \"2\", 1.2.3, 12:30, e5, 0.1.0, -]\n"
        "c:\nd: |\n  text\ne: &x {f: 1}\ng: {<<: *x, h: 2}\n"
    )
    for path in (odd, ROOT / "params.yaml", ROOT / "dvc.lock"):
        assert yaml12.parse(path.read_bytes()) == read_params(path)
    with pytest.raises(ValueError, match="line 2"):
        yaml12.parse(b"a: 1\nb: ]\n")
    with pytest.raises(ValueError):
        yaml12.parse(b"a: !!python/object/apply:os.system [true]")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-4", 0.0001),
        ("5E3", 5000.0),
        ("-.5", -0.5),
        ("010", 10),
        ("0o10", 8),
        ("0x1F", 31),
        ("-0b11", -3),
        ("1_000", 1000),
        ("yes", "yes"),
        ("on", "on"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("", None),
        ("12:30", "12:30"),
        ("2024-01-31", "2024-01-31"),
        ("'1'", "1"),
        ("1.2.3", "1.2.3"),
    ],
)
def test_what_a_word_means_in_yaml_1_2(text, value):
    found = yaml12.parse(f"a: {text}\n".encode())["a"]
    assert (type(found), found) == (type(value), value)


@pytest.mark.parametrize(("text", "line"), [("a: [1\n", 2), ("a: 1\n\tb: 2\n", 2), ("a: 1\nb: *nowhere\n", 2)])
def test_what_is_no_yaml_is_reported_with_its_line(text, line):
    with pytest.raises(ValueError, match=f"^line {line}: "):
        yaml12.parse(text.encode())


def test_the_same_text_is_parsed_once():
    text = b"of: [many, commits]\n"
    assert yaml12.parse(text) is yaml12.parse(text)
