import pytest

from brainseg.experiments.find import find
from brainseg.experiments.git import Git
from brainseg.experiments.names import distinct, head_name, named
from tests.experiments.small_found import fault, names


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        ([], ["main", "bce", "dice-9", "dice-10"]),
        (["dice-*"], ["dice-9", "dice-10"]),
        (["[bd]ic*"], ["dice-9", "dice-10"]),
        (["dice-10", "dice-*", "dice-10"], ["dice-10", "dice-9"]),
        (["HEAD", "main", "bce"], ["main", "bce"]),
        (["workspace", "main"], ["workspace", "main"]),
    ],
)
def test_what_patterns_mean(with_three, patterns, expected):
    assert names(with_three, *patterns) == expected


def test_revisions_are_called_as_git_and_dvc_know_them(project):
    head = project.git("rev-parse", "HEAD")
    bce = find(project.folder, ["bce"])[0].revision
    project.git("tag", "--annotate", "--message", "a tag", "v1")
    assert names(project, "v1") == ["v1"]
    assert names(project, head) == names(project, head[:9]) == [head[:7]]
    assert names(project, bce[:8]) == ["bce"]
    project.git("checkout", "--quiet", "--detach")
    assert names(project)[0] == names(project, "HEAD")[0] == head[:7]


def test_of_one_name_the_one_of_head_counts(project):
    old = project.git("rev-parse", "HEAD")
    project.commit()
    [before] = find(project.folder, ["bce"])  # of the commit before
    assert before.name == "bce"
    new = project.experiment("bce")
    assert find(project.folder, ["bce"])[0].revision == new
    project.commit()
    reported = fault(project, "bce")
    assert "'bce' is the name of 2 experiments" in reported
    assert f"{new[:7]} (of " in reported and f"(of {old[:7]})" in reported
    assert names(project, new) == ["bce"]
    both = [f"bce ({revision[:7]})" for revision in (new, before.revision)]
    assert names(project, new, before.revision) == both  # no two are called the same


@pytest.mark.parametrize(
    ("pattern", "reported"),
    [
        ("dise-9", "'dise-9' is no experiment, branch, tag or commit; did you mean dice-9"),
        ("xyz", "'xyz' is no experiment, branch, tag or commit; `dvc exp list -A` lists the experiments"),
        ("", "'' is no experiment"),
        ("a\nb", "'a\\nb' is no experiment"),
        ("--all", "'--all' is no experiment"),
        ("focal-*", "'focal-*' matches no name of an experiment"),
    ],
)
def test_unknown_names(with_three, pattern, reported):
    assert reported in fault(with_three, pattern)


def test_what_is_named_twice_preserves_the_first_place_and_name(with_three):
    head = with_three.git("rev-parse", "HEAD")
    with Git(with_three.folder) as git:
        bce = next(ref.revision for ref in git.experiments if ref.name == "bce")
        assert named(git, ["workspace", bce, "bce", "main", head]) == {"": "workspace", bce: "bce", head: "main"}
        assert named(git, []) == {}


def test_two_of_one_name_are_distinguished_by_their_first_digits_and_others_stay():
    given = {"1" * 40: "bce", "2" * 40: "dice", "3" * 40: "bce"}
    assert list(distinct(given).values()) == ["bce (1111111)", "dice", "bce (3333333)"]


def test_head_is_called_by_its_branch_or_else_its_first_digits(project):
    with Git(project.folder) as git:
        assert head_name(git) == "main"
    project.git("checkout", "--quiet", "--detach")
    with Git(project.folder) as git:
        assert head_name(git) == git.head[:7]
