"""How figures are written, what can be shown where, and tables that hold whatever somebody typed."""
import os
import shlex
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from course_lib import display

ROWS = [("C01", "0.5 < p & more", "holds"), ("C02", "<script>alert('x')</script>", "fails")]
HEADER = ("claim", "the text says", "verdict")


def test_a_share_is_the_same_figure_in_both_ways_of_writing():
    for thousandths in range(2001):
        share = thousandths / 2000
        small = display.decimal(share).startswith("<"), display.percent(share).startswith("<")
        assert small in ((True, True), (False, False))
        if not any(small):
            assert round(100 * float(display.decimal(share))) == int(display.percent(share).removesuffix(" %")), share


@pytest.mark.parametrize("value, words", [(-0.25, "-0.25"), (1.386, "1.39"), (0.0049, "< 0.01"), (0.0051, "0.01"),
                                          (0, "0.00")])
def test_decimals(value, words):
    assert display.decimal(value) == words


def test_a_html_table_escapes_what_it_holds_and_names_rows_and_columns():
    table = display.html_table(ROWS, HEADER, "runs & figures")
    assert "<script" not in table and "&lt;script&gt;" in table and "0.5 &lt; p &amp; more" in table
    assert table.count("scope='row'") == 2 and table.count("scope='col'") == 3
    assert "runs &amp; figures</caption>" in table
    assert "caption" not in display.html_table(ROWS) and "scope='col'" not in display.html_table(ROWS)


def test_a_text_table_needs_no_width():
    assert display.text_table([("your guess", "pome"), ("measured", "drupe")]) == "your guess: pome\nmeasured: drupe"
    assert display.text_table(ROWS, HEADER, "runs").split("\n\n") == [
        "runs", "  claim: C01\n  the text says: 0.5 < p & more\n  verdict: holds",
        "  claim: C02\n  the text says: <script>alert('x')</script>\n  verdict: fails"]


def test_columns_are_as_wide_as_their_longest_text():
    rows = [("model", "MB"), ("xs", "0.6", "tied"), (), ("orchard-m",)]
    assert display.columns(rows) == ["model      MB", "xs         0.6  tied", "", "orchard-m"]
    assert display.columns([]) == []


def test_a_markdown_table_keeps_its_marks():
    assert display.markdown_table([("`r`", "**4**")], ("", "figure")) == "|  | figure |\n| --- | --- |\n| `r` | **4** |"


NOTEBOOK, TERMINAL, SCRIPT = SimpleNamespace(kernel=object()), SimpleNamespace(), None


@pytest.mark.parametrize("shell, asked, works", [
    (NOTEBOOK, None, True), (NOTEBOOK, "0", True), (NOTEBOOK, "1", False), (TERMINAL, None, False),
    (SCRIPT, None, False),
])
def test_where_html_and_widgets_work(monkeypatch, capsys, shell, asked, works):
    shown = []
    monkeypatch.delenv("COURSE_TEXT", raising=False)
    if asked is not None:
        monkeypatch.setenv("COURSE_TEXT", asked)
    monkeypatch.setattr("IPython.get_ipython", lambda: shell)
    monkeypatch.setattr("IPython.display.display", lambda item: shown.append(item.data))
    assert display.html_works() == display.widgets_work() == works
    display.show_table(ROWS, HEADER)
    assert bool(shown) == works and bool(capsys.readouterr().out) != works
    monkeypatch.setitem(sys.modules, "ipywidgets", None)  # not installed
    assert not display.widgets_work()


def test_markdown_is_said_and_folded_away(monkeypatch, capsys):
    shown = []
    monkeypatch.setattr("IPython.get_ipython", lambda: NOTEBOOK)
    monkeypatch.setattr("IPython.display.display", lambda item: shown.append(item.data))
    display.say("It is **51 %**.")
    display.fold("a < b?", "| a |\n|---|")
    display.show_source(display.decimal)
    assert shown[0] == "It is **51 %**."
    # with blank lines around it, what stands inside is read as Markdown
    assert shown[1] == "<details><summary>a &lt; b?</summary>\n\n| a |\n|---|\n\n</details>"
    assert "<summary>The source of decimal</summary>" in shown[2] and "\n```python\ndef decimal(val" in shown[2]
    monkeypatch.setenv("COURSE_TEXT", "1")
    display.say("It is **51 %**.")
    display.fold("Found?", "Yes.")
    assert capsys.readouterr().out == "It is **51 %**.\nFound?\n\nYes.\n" and len(shown) == 3


def test_a_command_is_written_as_it_works_here(tmp_path, monkeypatch):
    script = tmp_path / "bin" / ("course.exe" if os.name == "nt" else "course")
    script.parent.mkdir()
    monkeypatch.setattr(sys, "executable", str(script.with_name("python")))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert display.course("lab") == f"`{shlex.quote(sys.executable)} -m course_lib.cli lab`"  # no script is there
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    assert display.course("lab") == f"`{Path('bin', script.name)} lab`"
    monkeypatch.setenv("PATH", str(script.parent))
    assert display.course("lab") == "`course lab`"
    monkeypatch.setattr(display, "shell", lambda: type("Shell", (), {"kernel": 1}))
    assert display.course("install minilm") == "`%run -m course_lib.cli install minilm`"
