import math

from brainseg.audit.findings import COLUMNS, KINDS, Finding, across_subsets, findings_table, ordered

SUBSET = {"a": "train", "b": "test", "c": "train"}
PAIR = Finding("near-duplicate patients", "a", 3, "c", 4, value=0.9, what="half of the slices")


def test_two_patients_are_across_subsets_where_both_are_in_one_and_these_differ():
    assert not across_subsets(PAIR, SUBSET)
    assert across_subsets(Finding("near-duplicate patients", "a", other_patient="b"), SUBSET)
    assert not across_subsets(Finding("near-duplicate patients", "a", other_patient="d"), SUBSET)  # set aside
    assert not across_subsets(Finding("no lesion", "a"), SUBSET)
    assert not across_subsets(PAIR, {})


def test_across_subsets_comes_first_then_the_gravest_and_the_highest_value():
    leak = Finding("one person, several scans", "b", other_patient="a")
    low, high = Finding("constant channel", "a", 1, value=1), Finding("constant channel", "b", 1, value=9)
    empty = Finding("no lesion", "c", value=math.nan)
    assert ordered([low, empty, PAIR, high, leak], SUBSET) == [leak, PAIR, empty, high, low]


def test_the_table_has_empty_fields_where_nothing_is_said():
    table = findings_table([PAIR, Finding("no lesion", "b")], SUBSET)
    lines = table.to_csv(index=False).splitlines()
    assert lines[0].split(",") == list(COLUMNS)
    assert lines[1] == "near-duplicate patients,a,3,c,4,,0.9,half of the slices,train,train"
    assert lines[2] == "no lesion,b,,,,,,,test,"


def test_a_table_of_nothing_has_a_header():
    assert findings_table([], {}).to_csv(index=False).strip() == ",".join(COLUMNS)


def test_each_kind_says_what_it_means():
    assert all(words.endswith(".") for words in KINDS.values())
