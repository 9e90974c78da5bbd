"""Copies are found whatever they are called; what everybody may write makes nobody a copy."""
import time

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
