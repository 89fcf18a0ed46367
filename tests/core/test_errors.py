import errno

import pytest

from brainseg.core.errors import UserError, escaped, joined, report_errors, shown


def reported(error: BaseException, capsys: pytest.CaptureFixture) -> tuple[int, str]:
    """The exit code, and what stderr says."""
    with pytest.raises(SystemExit) as exit_, report_errors():
        raise error
    out, err = capsys.readouterr()
    assert out == ""
    return exit_.value.code, err


def test_no_error_says_nothing(capsys):
    with report_errors():
        print("fine")
    assert capsys.readouterr() == ("fine\n", "")


def test_a_user_error_is_one_line(capsys):
    assert reported(UserError("params.yaml: seed is missing"), capsys) == (1, "error: params.yaml: seed is missing\n")


def test_faults_found_together_are_a_line_each(capsys):
    assert reported(UserError("a is wrong\nb is missing"), capsys) == (1, "error: a is wrong\nerror: b is missing\n")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (
            FileNotFoundError(errno.ENOENT, "No such file or directory", "data/a.tif"),
            "data/a.tif: No such file or directory",
        ),
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device"),
        (OSError("the disk is full"), "the disk is full"),
    ],
    ids=["with a file", "without a file", "without a number"],
)
def test_an_error_of_the_operating_system_is_one_line(error, expected, capsys):
    assert reported(error, capsys) == (1, f"error: {expected}\n")


def test_ctrl_c_is_one_line_and_the_shells_code_for_it(capsys):
    assert reported(KeyboardInterrupt(), capsys) == (130, "interrupted\n")


@pytest.mark.parametrize("error", [ValueError("a bug"), SystemExit(3), AssertionError()], ids=repr)
def test_other_errors_pass_through(error, capsys):
    with pytest.raises(type(error)) as raised, report_errors():
        raise error
    assert raised.value is error
    assert capsys.readouterr().err == ""


def test_a_lack_of_memory_is_one_line_whoever_reports_it(capsys):
    pytorchs = RuntimeError("[enforce fail at alloc_cpu.cpp:121] err == 0. DefaultCPUAllocator: can't allocate memory")
    for error in (MemoryError(), MemoryError("Unable to allocate 7 GiB"), pytorchs):
        code, err = reported(error, capsys)
        assert code == 1 and err.startswith("error: no memory left; lower preprocess.side_px") and err.count("\n") == 1


def test_another_runtime_error_passes_through():
    with pytest.raises(RuntimeError, match="a bug"), report_errors():
        raise RuntimeError("a bug")


def test_many_faults_are_counted(capsys):
    code, err = reported(UserError("\n".join(f"fault {number}" for number in range(60_000))), capsys)
    lines = err.splitlines()
    assert code == 1 and len(lines) == 101
    assert lines[99:] == ["error: fault 99", "error: and 59,900 more faults"]


def test_a_long_line_is_cut(capsys):
    _, err = reported(UserError("train.epochs is " + "9" * 25_000_000), capsys)
    assert len(err) < 1100 and err.endswith("... (25,000,016 characters)\n")


@pytest.mark.parametrize("name", ["a\nb", "a\rb", "a\x1b[2Jb", "a\u2028b", "a\0b", "a\udce9b"])
def test_control_characters_are_escaped(name, capsys):
    _, err = reported(joined([f"{name}: is wrong", "c: is too"]), capsys)
    assert err.splitlines() == [f"error: {escaped(name)}: is wrong", "error: c: is too"]
    assert escaped(name).isascii() and escaped(name).isprintable()
    _, err = reported(OSError(errno.EACCES, "Permission denied", name), capsys)
    assert err == f"error: {escaped(name)}: Permission denied\n"


def test_letters_of_all_scripts_stay():
    assert escaped("Größe, 患者 №7 → ½") == "Größe, 患者 №7 → ½"


def nested(levels: int) -> list:
    value: list = ["x"] * 9
    for _ in range(levels):
        value = [value] * 9
    return value


@pytest.mark.parametrize(
    "value", [nested(9), {"a": nested(9)}, "x" * 10**7, 10**5000, list(range(10**6))], ids=range(5)
)
def test_a_value_is_shown_short(value):
    assert len(shown(value)) < 200


def test_a_short_value_is_shown_as_it_is():
    for value in ("word", 1e-4, None, [1, 2], {"side_px": 64, "background": 0.1}, 10**30):
        assert shown(value) == repr(value)
