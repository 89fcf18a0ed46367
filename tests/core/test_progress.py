import os
import subprocess
import sys
from io import StringIO, TextIOWrapper

import pytest

from brainseg.core.progress import print_line, progress


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def on_a_terminal(monkeypatch) -> Terminal:
    """What stderr is sent from now on; in a fixture pytest would take it back before the test begins."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    return terminal


def test_on_a_log_the_items_go_by_in_silence(capsys):
    assert list(progress(iter("abc"), "reading")) == ["a", "b", "c"]
    assert capsys.readouterr() == ("", "")


def test_on_a_terminal_a_bar_has_the_label_and_the_total(monkeypatch):
    shown = on_a_terminal(monkeypatch)
    assert list(progress(iter("abc"), "reading", total=3)) == ["a", "b", "c"]
    assert "reading" in shown.getvalue() and "/3" in shown.getvalue()


def test_a_bar_is_gone_at_its_end(monkeypatch):
    shown = on_a_terminal(monkeypatch)
    list(progress(range(3), "reading"))
    assert shown.getvalue().endswith("\r") and shown.getvalue().split("\r")[-2].strip() == ""


def test_items_are_taken_one_by_one():
    taken = []
    items = iter(progress((taken.append(number) or number for number in range(3)), "reading"))
    assert next(items) == 0
    assert taken == [0]


def test_a_line_is_on_stdout_and_not_kept_back(capfd):
    print_line("a line")
    assert capfd.readouterr() == ("a line\n", "")


def test_a_line_said_while_a_bar_is_shown_is_whole(monkeypatch, capsys):
    shown = on_a_terminal(monkeypatch)
    for number in progress(range(2), "reading"):
        print_line(f"line {number}")
    assert "reading" in shown.getvalue()
    assert capsys.readouterr().out.splitlines() == ["line 0", "line 1"]


LINES = """
import sys
from brainseg.core.progress import print_line, progress
for number in progress(range(3000), "lines"):
    print_line(f"line {number} → ½")
print("the end", file=sys.stderr)
sys.exit(3)
"""


@pytest.mark.parametrize(
    ("redirection", "told"),
    [
        ("| head -1", "the end"),
        ("> /dev/full", "note: stdout takes no more lines (No space left on device)\nthe end"),
        (">&-", "the end"),
        ("| cat > /dev/null", "the end"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_the_exit_code_stays_whatever_becomes_of_stdout(redirection, told, encoding, tmp_path):
    (tmp_path / "lines.py").write_text(LINES)
    command = f"{{ {sys.executable} lines.py; echo $? >&3; }} 3> code {redirection}"
    environment = os.environ | {"PYTHONIOENCODING": encoding}
    done = subprocess.run(["bash", "-c", command], cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True)
    assert done.stderr.strip() == told
    assert (tmp_path / "code").read_text() == "3\n"


def test_letters_that_the_locale_lacks_are_escaped(capfdbinary, monkeypatch):
    monkeypatch.setattr(sys, "stdout", TextIOWrapper(sys.stdout.buffer, encoding="ascii"))
    print_line("dice → bce")
    assert capfdbinary.readouterr().out == b"dice \\u2192 bce\n"
