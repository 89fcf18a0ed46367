from site_pages.markdown import plain, table


def test_a_bar_and_a_line_break_do_not_end_a_cell():
    assert table(("a", "b"), [("|P|", "two\nlines")]) == "| a | b |\n| --- | --- |\n| \\|P\\| | two lines |"


def test_signs_of_markup_are_text_except_within_backticks():
    assert plain("a_t * b < c") == "a\\_t \\* b &lt; c"
    assert plain("`a_t` of b_t") == "`a_t` of b\\_t"
    assert plain("a lone ` and b_t") == "a lone ` and b\\_t"
