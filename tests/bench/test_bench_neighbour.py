"""`course bench neighbour`: every job is a step that can be taken; the worst of the starts is held to the bound."""
import json

import pytest

from course_lib.bench import command, neighbour


@pytest.mark.parametrize("job", neighbour.JOBS)
def test_every_job_can_be_run_as_often_as_it_is_measured(job):
    run = neighbour.JOBS[job]()
    for _ in range(2):
        run()


def test_a_start_measures_each_job_alone_and_beside_a_program_that_ends_with_it(monkeypatch):
    begun, runs = [], []
    program = neighbour.subprocess.Popen
    monkeypatch.setattr(neighbour.subprocess, "Popen", lambda *given: begun.append(program(*given)) or begun[-1])
    monkeypatch.setattr(neighbour, "JOBS", {("model", "job"): lambda: lambda: runs.append(len(begun))})
    [found] = json.loads(json.dumps(neighbour.start()))
    assert set(found) == {"one", "worked", "alone", "beside"} and min(found.values()) >= 0
    once = neighbour.WARM_UP + neighbour.STEPS
    assert runs == [0] * 2 * once + [1] * once and begun[0].poll() is not None


@pytest.mark.parametrize("worst, code", [(2.4, 0), (2.6, 1)])
def test_the_worst_start_is_compared_with_one_thread_alone(worst, code, monkeypatch, capsys):
    starts = iter([1.0, worst, 1.0, 1.0, 1.0])
    measured = lambda: {"one": 0.01, "worked": 0.01, "alone": 0.012, "beside": 0.01 * next(starts)}
    monkeypatch.setattr(neighbour, "JOBS", {("orchard-xs", "a step"): None})
    monkeypatch.setattr(neighbour, "another_start", lambda: [measured()])
    assert command.main(["neighbour"]) == code
    printed = capsys.readouterr().out
    assert "a step, alone" in printed and "1.200 (1.200 to 1.200, of 10 ms)" in printed
    assert f"{worst:.3f} (1.000 to {worst:.3f}, of 10 ms)" in printed and "Something else" not in printed


def test_a_computer_that_was_not_quiet_is_said(monkeypatch, capsys):
    monkeypatch.setattr(neighbour, "JOBS", {("orchard-xs", "a step"): None})
    monkeypatch.setattr(neighbour, "another_start", lambda: [{"one": .02, "worked": .01, "alone": .02, "beside": .02}])
    assert command.main(["neighbour"]) == 0
    assert "Something else kept this computer busy" in capsys.readouterr().out
