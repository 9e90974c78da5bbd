"""Questions that are due: which of earlier lessons are asked again, by your progress and where there is none."""
import uuid
from datetime import date, datetime, timedelta, timezone

import pytest

from course_lib import progress
from course_lib.errors import CourseError
from course_lib.progress import Event, file
from course_lib.quiz import due, reading, recall, view
from tests import quiz_driver

OTHERWISE = ("00.cross_entropy", "02.chosen_on_test", "06.merged")
TODAY = date(2026, 3, 20)


def answered(question_id: str, days: int, correct: bool = True) -> Event:
    """An answer, so many days before TODAY."""
    at = datetime(TODAY.year, TODAY.month, TODAY.day, 12).astimezone() - timedelta(days=days)
    return Event(uuid.uuid4().hex, at.astimezone(timezone.utc).isoformat(), "answer", question_id, {}, correct)


def chosen(*events: Event, lesson: str = "09") -> list[str]:
    return recall.chosen(lesson, OTHERWISE, sorted(events, key=lambda one: one.at), TODAY)


def test_without_progress_the_fixed_ones_come():
    assert chosen() == list(OTHERWISE)


def test_first_those_wrong_at_the_first_try_then_those_longest_ago():
    right = [answered("01.bare", 9), answered("03.vote", 30), answered("05.what", 20)]
    assert chosen(*right) == ["03.vote", "05.what", "01.bare"]
    wrong = [answered("04.params", 3, correct=False), answered("04.params", 2)]
    assert chosen(*right, *wrong) == ["04.params", "03.vote", "05.what"]
    assert chosen(*right, answered("03.vote", 1, correct=False)) == ["05.what", "01.bare", "03.vote"]


def test_what_was_wrong_goes_behind_other_wrong_ones_once_it_is_asked_again():
    wrong = [answered(one, days, correct=False) for one, days in (("01.bare", 9), ("03.vote", 8), ("05.what", 7))]
    assert chosen(*wrong) == ["01.bare", "03.vote", "05.what"]
    assert chosen(*wrong, answered("01.bare", 1)) == ["03.vote", "05.what", "01.bare"]


def test_too_few_are_filled_up_and_none_comes_twice():
    assert chosen(answered("02.chosen_on_test", 5)) == ["02.chosen_on_test", "00.cross_entropy", "06.merged"]
    assert chosen(answered("01.bare", 5)) == ["01.bare", "00.cross_entropy", "02.chosen_on_test"]


def test_only_answers_to_questions_of_earlier_lessons_count():
    other = Event(uuid.uuid4().hex, answered("01.bare", 4).at, "prediction", "01.riddle", {"guess": "pome"}, None)
    assert chosen(answered("08.swap", 5), answered("06.gone", 5), answered("07.gap", 5), other,
                  lesson="07") == list(OTHERWISE)


def test_on_one_day_the_same_three_come_again(capsys):
    file.append([answered("01.bare", 5)])
    due("09", *OTHERWISE)
    before = capsys.readouterr().out
    for one in ("01.bare", *OTHERWISE):
        progress.record_answer(one, 0, False)
    due("09", *OTHERWISE)
    asked = lambda printed: [line for line in printed.splitlines() if line.startswith("Question")]
    assert asked(before) == asked(capsys.readouterr().out) and len(asked(before)) == 3


def test_as_text_each_names_its_lesson_and_how_to_answer(capsys):
    due("09", *OTHERWISE)
    printed = capsys.readouterr().out
    for one in OTHERWISE:
        assert f"From lesson {one[:2]}:\nQuestion {one}." in printed and f'quiz("{one}", answer=' in printed
    assert "from course_lib.quiz import quiz" in printed


def test_in_a_notebook_it_is_the_usual_widget(monkeypatch, capsys):
    shown, key = [], quiz_driver.read_key()["questions"]
    monkeypatch.setattr("course_lib.quiz.widgets_work", lambda: True)
    monkeypatch.setattr(view, "show_question", lambda question: shown.append(view.QuestionView(question)))
    due("09", *OTHERWISE)
    assert [one.question.id for one in shown] == list(OTHERWISE) and "import" not in capsys.readouterr().out
    for one in shown:
        quiz_driver.check_question(one, key)


@pytest.mark.parametrize("given, said", [
    (("09", *OTHERWISE[:2]), "3 questions"), (("06", *OTHERWISE), "before it"), ((9, *OTHERWISE), "named by a text"),
    (("09", "00.ids", "00.logits", "06.merged"), "from 3 lessons"),
    (("09", "00.nothing", *OTHERWISE[1:]), "quiz quest"),
    (("09", None, *OTHERWISE[1:]), "named by a text")])
def test_what_is_no_such_choice_is_refused(given, said):
    with pytest.raises(CourseError, match=said):
        due(*given)


def test_every_question_can_be_due():
    for one in reading.bank()[0]:
        assert recall.chosen("99", (), [answered(one, 5)], TODAY) == [one]
