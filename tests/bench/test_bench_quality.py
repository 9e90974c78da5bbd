"""`course bench quality`: chosen on validation, five seeds on test, and kept as it comes."""
import json
from dataclasses import replace
from pathlib import Path

import pytest

from course_lib import claims
from course_lib.bench import quality as tables
from course_lib.bench.distilled import ROWS
from course_lib.claims.topics import distillation
from course_lib.cli import main
from course_lib.errors import CourseError
from course_lib.experiments import kept, once, setting, store

ROOT = Path(__file__).resolve().parents[2]
SMALL = replace(tables.NEAR, base="orchard-xs", labels=16, steps=2, validation=16)


@pytest.fixture
def one_method(monkeypatch):
    """The table of one method on the smallest model, two steps long."""
    monkeypatch.setattr(tables, "SETTINGS", (SMALL,))
    monkeypatch.setattr(tables, "SEEDS", (0, 1))
    *method, rates = tables.METHODS["prompt, 20"]
    monkeypatch.setattr(tables, "METHODS", {"prompt, 20": (*method, rates[:2])})
    monkeypatch.setattr(distillation.between, "measure", lambda seed: dict.fromkeys(ROWS, 0.5))


def measured_again(*what):
    pytest.fail(f"measured: {what}")


def test_what_is_kept_is_not_measured_again_and_prints_the_same(one_method, tmp_path, capsys, monkeypatch):
    path = tmp_path / "kept.jsonl"
    assert tables.quality(str(path))
    table, runs = capsys.readouterr().out, [json.loads(line) for line in path.read_text().splitlines()]
    assert len(runs) == 2 + 2 + 2  # two rates on validation, two seeds on test, two seeds of distillation
    on_test = [one["figures"]["accuracy"] for one in runs if one["of"]["what"][-1] == "test"]
    assert f"{sum(on_test) / 2:.3f} ±" in table and "1,280" in table
    monkeypatch.setattr(tables, "trained", measured_again)
    tables.quality(str(path))
    assert capsys.readouterr().out == table


def test_the_shipped_figures_are_all_that_the_tables_show(monkeypatch, capsys):
    """Of these weights, methods and rates, whatever code measured them; those of distillation are C65's."""
    asked, find = set(), store.Store.find
    monkeypatch.setattr(store.Store, "find", lambda self, of, code: asked.add(of) or find(self, of, code))
    monkeypatch.setattr(store.Store, "add", measured_again)
    monkeypatch.setattr(tables, "trained", measured_again)
    monkeypatch.setattr(distillation, "trained", measured_again)
    with kept(ROOT / "docs/quality.jsonl", any_code=True):
        for setting in tables.SETTINGS:
            for name in tables.methods_of(setting):
                _, runs = tables.chosen(setting, name)
                assert len(runs) == len(tables.SEEDS) and all(0 < one["accuracy"] <= 1 for one in runs)
        record = claims.recorded("C65")
        for seed in tables.SEEDS:
            figures = once(distillation.between.measure, ("orchard-m", "orchard-xs"), seed)
            assert figures == {name: figure.values[seed] for name, figure in record.items()}
    assert asked == store.Store(ROOT / "docs/quality.jsonl").runs.keys()
    assert "as they were measured then" in capsys.readouterr().out


def test_lora_on_codes_is_trained_on_a_quantised_base(monkeypatch):
    asked = []
    monkeypatch.setattr(setting, "quantise", lambda model, scheme: asked.append(scheme) or model)
    monkeypatch.setattr(tables, "run", lambda setting, *_: {"accuracy": bool(setting.load(0))})
    for name in ("LoRA, r = 4", *tables.ON_CODES):
        tables.chosen(SMALL, name)
    assert set(asked[:len(asked) // 2]) == {"nf4"} and set(asked[len(asked) // 2:]) == {"int4"}


def test_the_rate_is_the_best_on_validation_and_a_head_has_no_old_loss(one_method, capsys, monkeypatch):
    name = "prompt, 20"
    low, high = tables.METHODS[name][-1]
    accuracies = {(low, 0, "validation"): 0.5, (high, 0, "validation"): 0.9, (high, 0, "test"): 0.75,
                  (high, 1, "test"): 0.25}
    monkeypatch.setattr(tables, "run", lambda setting, tried, *rest: {
        "accuracy": accuracies[tried.rate, *rest], "old_loss": float("nan"), "parameters": 7})
    tables.quality()
    row = [line for line in capsys.readouterr().out.splitlines() if line.startswith(name)][0]
    assert row.split() == ["prompt,", "20", "7", f"{high:g}", "0.500", "±", "0.354", "–"]


def test_the_loss_on_the_old_domain_is_told_of_test_runs_without_a_head():
    lora, probe = (tables.arm(tables.METHODS[name][0], 1e-3, **tables.METHODS[name][1])
                   for name in ("LoRA, r = 4", "linear probe"))
    for tried, split, told in ((lora, "test", True), (lora, "validation", False), (probe, "test", False)):
        assert (tables.run(SMALL, tried, 0, split)["old_loss"] > 0) == told


@pytest.mark.parametrize("content", ["[1]", "a\n", '{"a": 1}', '{"a": {"accuracy": "1"}}', "\x00"])
def test_a_file_of_something_else(content, tmp_path, capsys):
    path = tmp_path / "kept.json"
    path.write_text(content)
    with pytest.raises(CourseError, match="holds no measurements.*Name another file"):
        tables.quality(str(path))
    assert main(["bench", "quality", "--keep", str(path)]) == 2
    assert "holds no measurements" in capsys.readouterr().err and path.read_text() == content
