import errno

import pytest

from brainseg.core.errors import UserError, report_errors


def told(error: BaseException, capsys: pytest.CaptureFixture) -> tuple[int, str]:
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
    assert told(UserError("params.yaml: seed is missing"), capsys) == (1, "error: params.yaml: seed is missing\n")


def test_faults_found_together_are_a_line_each(capsys):
    assert told(UserError("a is wrong\nb is missing"), capsys) == (1, "error: a is wrong\nerror: b is missing\n")


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
    assert told(error, capsys) == (1, f"error: {expected}\n")


def test_ctrl_c_is_one_line_and_the_shells_code_for_it(capsys):
    assert told(KeyboardInterrupt(), capsys) == (130, "interrupted\n")


@pytest.mark.parametrize("error", [ValueError("a bug"), SystemExit(3), AssertionError()], ids=repr)
def test_other_errors_pass_through(error, capsys):
    with pytest.raises(type(error)) as raised, report_errors():
        raise error
    assert raised.value is error
    assert capsys.readouterr().err == ""
