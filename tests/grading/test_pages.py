"""The pages show what came from a submission, and run nothing of it."""
import re
import time

import pytest

from course_lib.grading.class_page import write_class
from course_lib.grading.pages import page, prose, shown, write_feedback
from tests.grading.marks import graded, mark

BAD = ["<script>alert(1)</script>", "{{7*7}}", "{% for i in x %}", "\"><img src=x onerror=alert(1)>", "a' onclick='x",
       "</code></pre><h1>", "]]>", "<!--", "&lt;b&gt;", "javascript:alert(1)"]


def feedback(one, tmp_path):
    write_feedback(one, tmp_path / "page.html")
    return (tmp_path / "page.html").read_text(encoding="utf-8")


def both(one, tmp_path):
    write_class([one], tmp_path / "class.html")
    return feedback(one, tmp_path), (tmp_path / "class.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("bad", BAD)
def test_text_stays_text(bad, tmp_path):
    one = graded(bad, mark("06.1", 0.0, verdict="wrong", reason=bad, mistake=bad, message=bad, source=bad, name=bad),
                 notes=[bad])
    clean = both(graded("anna", mark(verdict="wrong", points=0.0, mistake="m", message="m", source="x"), notes=["n"]),
                 tmp_path)
    for html, plain in zip(both(one, tmp_path), clean):
        assert "49" not in html
        tags = re.findall(r"<(/?[a-zA-Z!][\w-]*)", html)
        assert tags == re.findall(r"<(/?[a-zA-Z!][\w-]*)", plain), "a tag came from a submission"
        assert not re.search(r"<[^>]* on\w+=", html) and 'href="javascript' not in html


def test_signs_that_turn_a_line_around_are_seen(tmp_path):
    for html in both(graded("a\u202eb", mark(source="x = 1 # \u2066\u202e\x1b[31m")), tmp_path):
        assert "\u202e" not in html and "\x1b" not in html and "⟨U+202E⟩" in html


def test_names_in_every_script_and_half_characters(tmp_path):
    for html in both(graded("Zoë 🧑\u200d🎓 李 \udcff"), tmp_path):
        assert "Zoë 🧑\u200d🎓 李" in html and "⟨U+DCFF⟩" in html


def test_five_megabytes_are_cut(tmp_path):
    long = "x" * 5_000_000
    start = time.process_time()
    for html in both(graded(long[:3000], mark(verdict="wrong", points=0.0, reason=long, message=long, source=long,
                                              mistake=long), notes=[long] * 9), tmp_path):
        assert len(html) < 200_000 and "more characters are left out" in html
    assert time.process_time() - start < 10
    assert shown("ab\r\nc", 9) == "ab\nc"


@pytest.mark.parametrize("text, html", [
    ("has `rank` rows, **first**", "has <code>rank</code> rows, <strong>first</strong>"),
    ("`<script>` **<b>**", "<code>&lt;script&gt;</code> <strong>&lt;b&gt;</strong>"),
    ("**a `b** c`", "<strong>a `b</strong> c`"), ("`a **b` c**", "<code>a **b</code> c**"),
    ("x ** 2 and y ** 3", "x ** 2 and y ** 3"), ("one ` alone", "one ` alone"), ("**", "**"), ("``", "``"),
    ("A @ B.T \u202e", "A @ B.T ⟨U+202E⟩")])
def test_code_and_stress_of_the_courses_own_sentences_are_shown(text, html):
    assert prose(text) == html


def test_a_failing_task_names_the_misconception_and_the_lesson(tmp_path):
    html = feedback(graded("anna", mark("06.1", 0.0, verdict="wrong", reason="Differs.", mistake="no-scale",
                                        message="It forgets alpha / r.", source="def lora(): pass"),
                           mark("06.2", name="Merger")), tmp_path)
    assert "It forgets alpha / r." in html and "1 of 2 points" in html and "def lora(): pass" in html
    assert re.search(r'<a href="notebooks/06_lora\.ipynb">Lesson 06: LoRA: [^<]+</a>', html)
    assert html.count("Read on in") == 1, "only for what is not right"
    assert "no-scale" not in html, "the name of a wrong solution is the instructor's"


def test_the_policy_forbids_every_script(tmp_path):
    for html in both(graded(), tmp_path):
        assert "default-src &#39;none&#39;" in html or "default-src 'none'" in html
        assert "<script" not in html and '<html lang="en">' in html


def test_the_weaker_mode_is_on_every_page(tmp_path):
    for html in both(graded(weak=True), tmp_path):
        assert html.count("Graded without a sandbox.") == 2
    for html in both(graded(), tmp_path):
        assert "without a sandbox" not in html


def test_nothing_graded(tmp_path):
    html = page("feedback.html", one=graded("anna"), points=0, out_of=0, weak=False)
    assert "0 of 0 points" in html
    write_class([], tmp_path / "class.html")
    assert "Nobody was graded." in (tmp_path / "class.html").read_text(encoding="utf-8")
