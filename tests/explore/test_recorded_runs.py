"""The learning-rate sweep and early stopping over their whole ranges: what they say follows from the recorded runs."""
import re

import pytest

from course_lib.explore import early_stopping as stopping
from course_lib.explore import learning_rate_sweep as sweep
from course_lib.explore.recorded import histories

pytestmark = pytest.mark.filterwarnings("error:Passing unrecognized arguments")
SWEEPS = [sweep.State(rate, step) for rate in histories.RATES for step in sweep.CONTROLS["step"].values]
STOPS = [stopping.State(labels, patience) for labels in histories.LABELS
         for patience in range(1, stopping.PATIENCE + 1)]
VIEWS = {sweep: sweep.learning_rate_sweep, stopping: stopping.early_stopping}
BOTH = [(sweep, SWEEPS), (stopping, STOPS)]


def test_the_runs_are_complete():
    runs = histories.read()
    assert tuple(runs["rates"]) == histories.RATES and tuple(runs["labels"]) == histories.LABELS
    for run in [*runs["rates"].values(), *runs["labels"].values()]:
        assert run["validation"][-1]["step"] == len(run["loss"]) and min(run["loss"]) >= 0
    assert all(len(run["loss"]) == sweep.STEPS for run in runs["rates"].values())


def test_one_run_of_the_command_gives_its_part_of_the_file(monkeypatch, tmp_path):
    """In small: the command writes what `run` gives, under the names that the explorables read."""
    made = []
    monkeypatch.setattr(histories, "run", lambda *settings: made.append(settings) or {"loss": [], "validation": []})
    monkeypatch.setattr(histories, "PATH", tmp_path / "data" / "histories.json")
    histories.main()
    assert len(made) == len(histories.RATES) + len(histories.LABELS)
    assert {rate for _, rate, steps, _ in made if steps == sweep.STEPS} == set(map(float, histories.RATES))
    assert '"0.001"' in histories.PATH.read_text(encoding="utf-8")


def test_the_sweep_says_which_rate_is_lowest():
    for state in SWEEPS:
        result = sweep.compute(state)
        assert len(result.loss) == state.step == result.validation[-1]["step"]
        for place in (0, 1):
            lowest = min(losses[place] for losses in result.all_rates.values())
            assert result.all_rates[result.best(place)][place] == lowest
        assert f"{result.best(1)} on validation" in sweep.summary(result)


@pytest.mark.parametrize("losses, patience, kept, stop", [
    ([3, 2, 1], 1, 2, 2), ([1, 2, 3], 1, 0, 1), ([1, 2, 3], 2, 0, 2), ([1, 2, 3], 9, 0, 2),
    ([3, 1, 2, 2, 0], 2, 1, 3), ([3, 1, 2, 2, 0], 3, 4, 4), ([1, 1, 1], 1, 0, 1), ([5], 1, 0, 0)])
def test_patience(losses, patience, kept, stop):
    points = [{"step": step, "loss": loss} for step, loss in enumerate(losses)]
    assert stopping.stopping(points, patience) == (points[kept], points[stop])


def test_more_patience_never_keeps_a_worse_point():
    for labels in histories.LABELS:
        kept = [stopping.compute(stopping.State(labels, p)).kept["loss"] for p in range(1, stopping.PATIENCE + 1)]
        assert kept == sorted(kept, reverse=True)


@pytest.mark.parametrize("explorable, states", BOTH)
def test_text_form_and_notebook(explorable, states, shown_both_ways):
    printed = shown_both_ways(VIEWS[explorable])
    assert explorable.summary(explorable.compute(explorable.State())) in printed
    assert len(re.findall("validation", printed)) > 5


@pytest.mark.parametrize("explorable, state, said", [
    *((sweep, state, "A state here is State") for state in ("0.001", None, stopping.State())),
    *((sweep, sweep.State(rate=rate), "no rate called") for rate in (0.001, "1", None, ["0.001"])),
    *((sweep, sweep.State(step=step), "step cannot be") for step in (0, 7, 45, 5.0, "5", True)),
    *((stopping, state, "A state here is State") for state in ("16", None, sweep.State())),
    *((stopping, stopping.State(labels=labels), "no number of labels called") for labels in (16, "17", None)),
    *((stopping, stopping.State(patience=patience), "patience must be") for patience in (0, 11, 1.0, "3", True))])
def test_a_bad_state(explorable, state, said, refused):
    refused(explorable.compute, VIEWS[explorable], state, said)
