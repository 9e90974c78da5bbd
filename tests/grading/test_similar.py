"""Copies are found whatever they are called; what everybody may write makes nobody a copy."""
import sys
import time

from course_lib.grading.class_page import write_class
from course_lib.grading.similar import lines, similar
from tests.grading.marks import graded, mark

OWN = """def lora(x, W, A, B, alpha):
    rank = A.shape[0]
    total = x @ W.T
    for row in range(x.shape[0]):
        total[row] = total[row] + alpha / rank * (B @ (A @ x[row]))
    return total
"""
RENAMED = OWN.replace("total", "result").replace("row", "i").replace("rank", "r") + "# a comment of my own\n"
OTHER = """def lora(x, W, A, B, alpha):
    import torch
    low = torch.nn.functional.linear(x, A)
    high = torch.nn.functional.linear(low, B).mul(alpha).div(len(A))
    return torch.add(torch.nn.functional.linear(x, W), high)
"""


def pairs(*sources, known=None):
    return similar([graded(f"s{i}", mark(source=source)) for i, source in enumerate(sources)], known or {})


def test_a_copy_with_other_names_is_found_and_another_answer_is_not():
    [pair] = pairs(OWN, OTHER, RENAMED)
    assert pair.students == ("s0", "s2") and pair.share == 1.0 and pair.sources == (OWN, RENAMED)


def test_the_stub_and_the_reference_do_not_count():
    assert pairs(OWN, RENAMED, known={"06.1": [OWN]}) == []
    assert pairs(OWN, RENAMED, known={"06.2": [OWN]})


def test_where_a_syntax_error_stands_the_stub_does_not_count_either():
    stub = OWN.partition("    rank")[0] + '    """Adds what A and B say -> (n, d): x, W, A, B and alpha, all."""\n'
    assert pairs(stub + "    return x +\n", stub + "    return (x\n", known={"06.1": [stub]}) == []
    assert len(pairs(stub + "    return x +\n", stub + "    return (x\n")) == 1


def test_a_class_that_copied_is_one_group_and_no_flood_of_pairs(tmp_path):
    copies = [OWN.replace("alpha / rank", f"alpha / rank + {i}") for i in range(40)]
    other = [OTHER, OTHER.replace("low", "mine")]
    found = pairs(*copies, *other)
    assert [len(group.students) for group in found] == [2, 40] and found[0].students == ("s40", "s41")
    assert found[1].share < 1 and found[1].students == tuple(f"s{i}" for i in range(40))
    write_class([graded(f"s{i}", *(mark(f"06.{task}", source=source) for task in range(25)))
                 for i, source in enumerate(copies)], tmp_path / "class.html")
    page = (tmp_path / "class.html").read_text(encoding="utf-8")
    assert page.count("40 answers, the first two") == 20 and "5 more groups are not shown." in page
    assert page.count("36 more stand in the students' feedback.") == 20 and page.count("<pre ") == 80


def test_the_two_that_are_most_alike_come_first():
    [group] = pairs(OWN, OWN.replace("alpha /", "alpha * 2 /"), OWN.replace("alpha /", "alpha * 3 * 2 /"), RENAMED)
    assert group.students == ("s0", "s3", "s1", "s2") and group.share == 1


def test_an_empty_class_needs_no_library(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "rapidfuzz", None)
    write_class([], tmp_path / "class.html")
    assert pairs(OWN) == []


def test_short_and_missing_answers_are_not_compared():
    assert pairs("", "", "def lora(x):\n    return x\n", "def lora(y):\n    return y\n") == []


def test_answers_to_different_tasks_are_not_compared():
    assert similar([graded("a", mark("06.1", source=OWN)), graded("b", mark("06.2", source=OWN))], {}) == []


def test_what_is_no_python_is_read_all_the_same():
    for source in ("def f(:\n  'open", "\0" * 9, "(" * 5000, "x = (\n" * 900, "\udcff = 1", "a" * 5_000_000,
                   "\tif\n x"):
        assert isinstance(lines(source), list)
    assert len(pairs("an answer in words ? " * 20, "an answer in words ? " * 20)) == 1


def test_a_class_of_two_hundred_takes_seconds():
    sources = [OWN.replace("alpha / rank", f"alpha / rank + {i} - {i} * {i}") + f"x{i} = [{i}, {i + 1}]\n" * (i % 9)
               for i in range(200)]
    start = time.process_time()
    similar([graded(f"s{i}", *(mark(f"06.{t}", source=source) for t in range(1, 5)))
             for i, source in enumerate(sources)], {})
    assert time.process_time() - start < 20
