import os
import re
import subprocess
import sys
from io import StringIO, TextIOWrapper

import pytest
from tqdm import tqdm

from brainseg.core.progress import above_bar, as_time, bar, ends_in, print_line, progress, same_style


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


def test_a_line_is_on_stdout_and_not_withheld(capfd):
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
from tqdm import tqdm

from brainseg.core.progress import above_bar, as_time, bar, ends_in, print_line, progress, same_style
for number in progress(range(3000), "lines"):
    print_line(f"line {number} → ½")
print("the end", file=sys.stderr)
sys.exit(3)
"""


@pytest.mark.parametrize(
    ("redirection", "reported"),
    [
        ("| head -1", "the end"),
        ("> /dev/full", "note: stdout takes no more lines (No space left on device)\nthe end"),
        (">&-", "the end"),
        ("| cat > /dev/null", "the end"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_the_exit_code_stays_whatever_becomes_of_stdout(redirection, reported, encoding, tmp_path):
    (tmp_path / "lines.py").write_text(LINES)
    command = f"{{ {sys.executable} lines.py; echo $? >&3; }} 3> code {redirection}"
    environment = os.environ | {"PYTHONIOENCODING": encoding}
    done = subprocess.run(["bash", "-c", command], cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True)
    assert done.stderr.strip() == reported
    assert (tmp_path / "code").read_text() == "3\n"


def test_letters_that_the_locale_lacks_are_escaped(capfdbinary, monkeypatch):
    monkeypatch.setattr(sys, "stdout", TextIOWrapper(sys.stdout.buffer, encoding="ascii"))
    print_line("dice → bce")
    assert capfdbinary.readouterr().out == b"dice \\u2192 bce\n"


@pytest.mark.parametrize(
    ("seconds", "reported"),
    [
        (0, "0 s"),
        (40.4, "40 s"),
        (89, "89 s"),
        (90, "2 min"),
        (720, "12 min"),
        (59 * 60, "59 min"),
        (90 * 60, "1 h 30 min"),
        (4800, "80 min"),
        (2 * 3600 + 5 * 60, "2 h 05 min"),
        (7199, "2 h 00 min"),
        (100 * 3600, "100 h 00 min"),
    ],
)
def test_times_as_a_person_says_them(seconds, reported):
    assert as_time(seconds) == reported


@pytest.mark.parametrize(
    ("seconds", "left", "reported"),
    [([], 40, ""), ([3.0], 10, ", ends in 30 s"), ([9.0, 60.0, 60.0], 12, ", ends in 12 min")],
)
def test_the_end_is_as_many_medians_away(seconds, left, reported):
    assert ends_in(seconds, left) == reported


def last_state(shown: Terminal) -> str:
    """The last state of a bar, without colours."""
    states = re.sub(r"\x1b\[[0-9;]*[a-zA-Z]", "", shown.getvalue()).split("\r")
    return [state for state in states if state.strip()][-1]


def test_all_bars_have_one_form(monkeypatch):
    """Ours over items, ours by hand, and that of a library that downloads: label, bar, count, time left."""
    shown = on_a_terminal(monkeypatch)
    form = r"{label:<34} .{{20}} +{count}  \d\d:\d\d left"
    items = progress(range(4), "reading", total=4)
    items.mininterval = 0
    for number in items:
        if number == 3:
            assert re.fullmatch(form.format(label="reading", count="3/4"), last_state(shown))
    with bar(None, "a label that is much longer than there is room for it", 40) as by_hand:
        by_hand.update(8)
        by_hand.refresh()
        label = "a label that is much longer than t"
        assert re.fullmatch(form.format(label=label, count="8/40"), last_state(shown))
    with same_style(), tqdm(total=10_000_000, desc="model.zip", unit="B", unit_scale=True) as of_library:
        of_library.update(5_000_000)
        of_library.refresh()
        line = last_state(shown)
    assert re.fullmatch(form.format(label="model.zip", count="5.00M/10.0M"), line)
    assert len(line) <= 80


def test_of_an_unknown_number_of_items_none_is_said_to_be_left(monkeypatch):
    shown = on_a_terminal(monkeypatch)
    items = progress(iter("abc"), "reading")
    items.mininterval = 0
    list(items)
    assert "left" not in shown.getvalue()
    assert re.search(r"reading +2 in 00:00", shown.getvalue())


def test_the_bars_of_others_are_their_own_afterwards_and_silent_in_a_log(capsys):
    before = tqdm.__init__
    with same_style():
        list(tqdm(range(3)))
    assert tqdm.__init__ is before
    assert capsys.readouterr() == ("", "")


def test_no_colours_where_they_are_not_wanted(monkeypatch):
    shown = on_a_terminal(monkeypatch)
    list(progress(range(3), "reading"))
    assert "\x1b[36m" in shown.getvalue()
    monkeypatch.setenv("NO_COLOR", "1")
    shown = on_a_terminal(monkeypatch)
    list(progress(range(3), "reading"))
    assert "\x1b[36m" not in shown.getvalue()


def test_what_is_printed_above_a_bar_has_its_own_lines(monkeypatch):
    shown = on_a_terminal(monkeypatch)
    for _ in progress(range(2), "reading"):
        with above_bar():
            print("a picture", file=shown)
    for before, _ in (part.rsplit("\r", 1) for part in shown.getvalue().split("a picture")[:-1]):
        assert before.split("\r")[-1].strip() == ""  # the bar was wiped before
