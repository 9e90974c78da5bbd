"""The progress file: kept, shared by several kernels, exported and merged."""

import os
import signal
import subprocess
import sys
import timeit

import pytest

from course_lib import cli, progress


def in_a_new_kernel(code):
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)


def test_everything_is_kept_and_summed_up(file):
    progress.record_answer("01.bare", 0, False, "a belief")
    progress.record_answer("01.bare", 1, True)
    progress.record_answer("01.bare", 2, False, "a belief")
    progress.record_check("01.1", True)
    rows = progress.summary()
    assert rows["answer"]["01.bare"] | {"at": ""} == {"tries": 3, "correct": True, "at": ""}
    assert rows["check"]["01.1"]["correct"] and file.exists()
    assert progress.latest("answer", "01.bare").data == {"answer": 2, "misconception": "a belief"}
    assert progress.latest("answer", "01.other") is None
    assert progress.day("2026-03-07T12:00:00+00:00") == "7 March 2026"


def test_calibration_counts_only_guesses_before_the_measurement():
    progress.record_prediction("01.riddle", "pome", 60)
    progress.record_prediction("01.riddle", "company", 80)
    progress.record_outcome("01.riddle", "company", "company", True)
    progress.record_prediction("01.riddle", "pome", 100)  # after it was shown
    progress.record_outcome("01.lemon", "drupe", None, None)  # no guess
    progress.record_prediction("01.lemon", "drupe", 100)
    progress.record_outcome("01.lemon", "drupe", "drupe", True)
    assert progress.calibration() == [{"id": "01.riddle", "confidence": 80, "right": True}]


def test_the_same_outcome_is_written_once():
    for _ in range(3):
        progress.record_outcome("01.riddle", "company", None, None)
    assert len(progress.events("outcome")) == 1


def test_several_kernels_write_at_once():
    code = "from course_lib import progress\nfor i in range(25): progress.record_answer(f'01.q{i}', i, True)"
    kernels = [in_a_new_kernel(code) for _ in range(3)]
    assert [kernel.wait(60) for kernel in kernels] == [0, 0, 0]
    assert len(progress.events()) == 75


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
def test_a_killed_kernel_loses_nothing_that_was_recorded_and_holds_nobody_up(capsys):
    code = (
        "from course_lib import progress\nfrom course_lib.progress import file\n"
        "progress.record_answer('01.kept', 1, True)\n"
        "with open(file.path(), 'ab', buffering=0) as out:\n"
        "    file.lock(out)\n"
        "    out.write(b'\\n{\"uid\": \"half')\n"
        "    print('writing', flush=True)\n"
        "    import time; time.sleep(60)\n"
    )
    kernel = in_a_new_kernel(code)
    assert kernel.stdout.readline() == "writing\n"
    kernel.send_signal(signal.SIGKILL)
    kernel.wait()
    progress.record_answer("01.after", 1, True)
    assert set(progress.summary()["answer"]) == {"01.kept", "01.after"}
    assert "passed over: 1, the first is line 4." in capsys.readouterr().out


@pytest.mark.skipif(os.name == "nt", reason="another lock there")
def test_what_another_kernel_is_writing_is_waited_for(fill, capsys):
    code = (
        "from course_lib.progress import file\n"
        "with open(file.path(), 'ab', buffering=0) as out:\n"
        "    file.lock(out)\n"
        "    out.write(b'\\n{\"uid\": \"' + b'0' * 32)\n"
        "    print('writing', flush=True)\n"
        "    import time; time.sleep(0.5)\n"
        "    out.write(b'\", \"at\": \"2026-01-01T00:00:00+00:00\", \"kind\": \"check\", \"id\": \"01.1\", '\n"
        "              b'\"data\": {}, \"correct\": true}')\n"
    )
    fill(1)
    kernel = in_a_new_kernel(code)
    assert kernel.stdout.readline() == "writing\n"
    assert [event.id for event in progress.events()] == ["01.1", "01.q0"] and capsys.readouterr().out == ""
    assert kernel.wait(60) == 0


def test_the_command(tmp_path, capsys, fill):
    assert cli.main(["progress"]) == 0 and "Nothing is recorded yet" in capsys.readouterr().out
    fill(2)
    progress.record_prediction("01.riddle", "pome", 90)
    progress.record_outcome("01.riddle", "company", "pome", False)
    assert cli.main(["progress", "show"]) == 0
    shown = capsys.readouterr().out
    assert "01.q0" in shown and "right" in shown and "not yet" in shown and "You were 90 % sure" in shown
    assert cli.main(["progress", "export", str(tmp_path / "me.json"), "--name", "Anna"]) == 0
    assert cli.main(["progress", "import", str(tmp_path / "me.json")]) == 0
    assert "0 new entries" in capsys.readouterr().out
    assert cli.main(["progress", "import", str(tmp_path / "none.json")]) == 2
    assert "Cannot read" in capsys.readouterr().err


def test_what_went_wrong_is_told_in_words(capsys):
    progress.record_check("01.1", False, "squared", "You square it.")
    progress.record_check("01.2", False, "of_an_earlier_version")
    progress.record_answer("01.bare", 0, False, "a belief\x1b[2J")
    assert cli.main(["progress"]) == 0
    said = capsys.readouterr().out
    assert "You square it. (once)" in said and "squared" not in said
    assert "of_an_earlier_version (once)" in said and "\x1b" not in said
    assert [one["misconception"] for one in progress.misconceptions(progress.events())][:1] == ["squared"]


def test_it_is_quick(fill):
    fill(500)
    assert min(timeit.repeat(progress.summary, number=1, repeat=5)) < 0.5  # the best of five: others compute too
