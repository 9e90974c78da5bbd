"""A guess made after the measurement was shown is marked as late wherever it is shown."""
from course_lib import progress
from course_lib.lesson import start
from course_lib.progress import command
from course_lib.quiz import predict, reading, reveal, view
from tests import quiz_widgets


def shown_now() -> str:
    return quiz_widgets.words(view.PredictionView(reading.prediction("01.curve")))


def test_a_late_guess_is_called_late_everywhere(capsys):
    reveal("01.curve", 77)
    predict("01.curve", guess=77, confidence=100)
    assert "It is late" in capsys.readouterr().out
    command.show()
    assert "not yet compared, but guessed after it was measured" in capsys.readouterr().out
    reveal("01.curve", 77)
    out = capsys.readouterr().out
    assert "77 % (100 % sure, late: the measurement was shown before)" in out and "does not count" in out
    assert "late" in shown_now()
    command.show()
    assert "right, but guessed after it was measured" in capsys.readouterr().out
    assert progress.is_late("01.curve") and progress.calibration() == []
    start("01")
    assert "predictions kept (1 of them late)" in capsys.readouterr().out


def test_a_late_guess_is_judged_by_no_word_on_its_confidence(capsys):
    reveal("01.curve", 77)
    for confidence, guess in ((100, 0), (50, 77)):
        predict("01.curve", guess=guess, confidence=confidence)
        reveal("01.curve", 77)
        out = capsys.readouterr().out
        assert "very sure" not in out and "trusted it more" not in out


def test_a_guess_in_time_stays_in_time_when_the_cell_is_run_again(capsys):
    predict("01.curve", guess=77, confidence=90)
    for _ in range(2):
        reveal("01.curve", 77)
    assert "late" not in shown_now() and not progress.is_late("01.curve")
    command.show()
    assert "late" not in capsys.readouterr().out.replace("calib", "")
    predict("01.curve", guess=70, confidence=60)  # a second one, after the first was measured
    assert progress.is_late("01.curve")
    assert progress.calibration() == [{"id": "01.curve", "confidence": 90, "right": True}]


def test_of_no_guess_nothing_is_late():
    assert not progress.is_late("01.curve")
    reveal("01.curve", 77)
    assert not progress.is_late("01.curve")
