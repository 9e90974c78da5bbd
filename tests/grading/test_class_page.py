"""The figures of a class, worked by hand."""
from dataclasses import replace

import pytest

from course_lib.grading.class_page import write_class
from course_lib.grading.statistics import asked, calibrated, correlation, distribution, items
from course_lib.quiz.reading import bank
from tests.grading.marks import graded, mark, row, share, wrong


def test_the_distribution_has_full_marks_in_its_last_band():
    points = [0, 0.39, 0.4, 2.8, 3.99, 4]  # of 4: 0, 9.75, 10, 70, 99.75 and 100 %
    assert distribution([share("s", one) for one in points]) == [2, 1, 0, 0, 0, 0, 0, 1, 0, 2]


def test_difficulty_and_what_failing_answers_do():
    class_ = [graded("a", wrong("06.1", mistake="no-scale", message="Scale."), mark("06.2")),
              graded("b", wrong("06.1", mistake="no-scale", message="Scale."), mark("06.2")),
              graded("c", wrong("06.1", verdict="time"), mark("06.2")), graded("d", mark("06.1"), wrong("06.2"))]
    first, second = items(class_)
    assert (first.task, first.right, first.students, first.difficulty) == ("06.1", 1, 4, 0.25)
    assert first.mistakes == (("no-scale", "Scale.", 2), ("took too long", "", 1))
    assert second.mistakes == (("wrong in a way that no named solution is", "", 1),)
    assert first.discrimination is None, "four are too few"


def test_discrimination_is_the_correlation_with_the_rest():
    class_ = [graded(f"s{i}", mark("06.1", float(i > 2)), mark("06.2", float(i > 2)), mark("06.3", float(i < 3)))
              for i in range(6)]
    by_task = {item.task: item.discrimination for item in items(class_)}
    assert by_task["06.3"] == pytest.approx(-1)
    assert by_task["06.1"] is None, "the rest is one point for each"
    assert correlation([0, 0, 0, 1, 1], [1, 2, 3, 4, 5]) == pytest.approx(3 / 12**0.5)  # 3 / sqrt(1.2 · 10)
    assert correlation([1, 1, 1, 1, 1], [1, 2, 3, 4, 5]) is None


def test_who_handed_in_nothing_or_was_not_graded_is_in_no_figure_and_is_counted(tmp_path):
    def text(students) -> str:
        write_class(students, tmp_path / "class.html")
        return " ".join((tmp_path / "class.html").read_text(encoding="utf-8").split())

    there = [graded(f"s{number}", mark("06.1"), mark("06.2", number / 8)) for number in range(8)]
    absent = [replace(graded(f"a{number}", *(wrong(task, verdict="missing") for task in ("06.1", "06.2"))), digest="")
              for number in range(4)]
    stopped = replace(graded("t", wrong("06.1", verdict="unreadable")), digest="", problems=("The grader stopped.",))
    alone, page = text(there), text([*there, *absent, stopped])
    figures = [one[one.index("<h2>How the points"):one.index("<h2>The quiz")] for one in (alone, page)]
    assert figures[0] == figures[1] and "8 of 8" in figures[0]
    assert "4 handed in nothing. 1 was not graded, because the grader stopped. " in page and "other 8." in page
    assert "handed in nothing" not in alone and all(f"feedback/{one.student}.html" in page for one in absent)
    page = text(absent)
    assert "Nobody was graded." in page and "feedback/a0.html" in page


def test_a_class_whose_points_came_off_has_no_failing_answer_and_no_full_marks(tmp_path):
    write_class([graded("s", mark(points=0.5))], tmp_path / "class.html")
    page = (tmp_path / "class.html").read_text(encoding="utf-8")
    assert "0 of 1" in page and "No answer failed." in page and "Every answer" not in page


def test_first_answers_count_and_a_file_cannot_invent_beliefs():
    question = next(iter(bank()[0].values()))
    belief = next(choice.misconception for choice in question.choices if choice.misconception)
    exports = [[row(2, "answer", question.id, {"misconception": ""}, 1),
                row(1, "answer", question.id, {"misconception": belief}, 0)],
               [row(1, "answer", question.id, {"misconception": "<script>"}, 0)],
               [row(1, "answer", question.id, {"misconception": ["x"]}, 0)],
               [row(1, "answer", question.id, {}, 1), row(2, "answer", "99.none", {}, 1)]]
    [one] = asked(exports)
    assert (one.id, one.answers, one.right) == (question.id, 4, 1)
    assert one.beliefs == (("other", 2), (belief, 1)) and asked([]) == []


def test_calibration_takes_the_last_guess_before_the_first_measurement():
    id = next(iter(bank()[1]))
    good = [row(1, "prediction", id, {"confidence": 10}), row(2, "prediction", id, {"confidence": 90}),
            row(3, "outcome", id, {}, 1), row(4, "prediction", id, {"confidence": 50}), row(5, "outcome", id, {}, 0)]
    sure = [row(1, "prediction", id, {"confidence": 100}), row(2, "outcome", id, {}, 0)]
    late = [row(1, "outcome", id, {}, 1), row(2, "prediction", id, {"confidence": 100})]
    odd = [[row(1, "prediction", id, {"confidence": value}), row(2, "outcome", id, {}, 1)]
           for value in ("90", True, 101, -1, None, 5.5)]
    assert calibrated([good, sure, late, *odd]) == [("80–100 %", 2, 95.0, 1)]
