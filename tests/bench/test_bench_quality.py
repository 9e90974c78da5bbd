"""`course bench quality`: chosen on validation, five seeds on test, and kept as it comes."""
import json
from pathlib import Path

import pytest

from course_lib import claims
from course_lib.bench import kept
from course_lib.bench import quality as tables
from course_lib.bench.distilled import ROWS
from course_lib.claims.topics.distillation import between
from course_lib.cli import main
from course_lib.errors import CourseError

ROOT = Path(__file__).resolve().parents[2]
SMALL = tables.Setting("orchard-xs", 16, 2)


@pytest.fixture
def one_method(monkeypatch):
    """The table of one method on the smallest model, two steps long."""
    monkeypatch.setattr(tables, "SETTINGS", (SMALL,))
    monkeypatch.setattr(tables, "SEEDS", (0, 1))
    monkeypatch.setattr(tables, "VALIDATION", 16)
    build, rates = tables.METHODS["prompt, 20"]
    monkeypatch.setattr(tables, "METHODS", {"prompt, 20": (build, rates[:2])})
    monkeypatch.setattr(between, "measure", lambda seed: dict.fromkeys(ROWS, 0.5))


def test_what_is_kept_is_not_measured_again_and_prints_the_same(one_method, tmp_path, capsys, monkeypatch):
    path = tmp_path / "kept.json"
    assert tables.quality(str(path))
    table, figures = capsys.readouterr().out, json.loads(path.read_text())
    assert len(figures) == 2 + 2 + 2  # two rates on validation, two seeds on test, two seeds of distillation
    on_test = [run["accuracy"] for key, run in figures.items() if '"test"' in key]
    assert f"{sum(on_test) / 2:.3f} ±" in table and "1,280" in table

    def run(*what):
        pytest.fail("measured again")

    monkeypatch.setattr(tables, "run", run)
    tables.quality(str(path))
    assert capsys.readouterr().out == table


def test_the_shipped_figures_are_all_that_the_tables_show(monkeypatch):
    """Of these weights, methods and rates; those of distillation are C65's."""
    class Read(dict):
        asked = set()

        def __getitem__(self, key):
            self.asked.add(key)
            return super().__getitem__(key)

    def run(*what):
        pytest.fail(f"not in docs/quality.json: {what}")

    monkeypatch.setattr(tables, "run", run)
    shipped = kept.Kept(str(ROOT / "docs/quality.json"))
    shipped.figures = Read(shipped.figures)
    for setting in tables.SETTINGS:
        for name in tables.methods_of(setting):
            _, runs = tables.chosen(shipped, setting, name)
            assert len(runs) == len(tables.SEEDS) and all(0 < one["accuracy"] <= 1 for one in runs)
    record = claims.recorded("C65")
    for seed in tables.SEEDS:
        figures = shipped(between.measure, ["orchard-m", "orchard-xs"], seed)
        assert figures == {name: figure.values[seed] for name, figure in record.items()}
    assert shipped.figures.keys() == Read.asked


def test_lora_on_codes_is_trained_on_a_quantised_base(monkeypatch):
    asked = []
    monkeypatch.setattr(tables, "quantise", lambda model, scheme: asked.append(scheme) or model)
    for name in ("fit", "evaluate", "old_domain_loss"):
        monkeypatch.setattr(tables, name, lambda *_, **__: {"accuracy": 0.5})
    for name in ("LoRA, r = 4", *tables.ON_CODES):
        tables.run(SMALL, name, 1e-3, 0, "validation")
    assert asked == ["nf4", "int4"]


def test_other_base_weights_are_measured_anew(tmp_path, monkeypatch):
    path, asked = tmp_path / "kept.json", []

    def measure(seed):
        asked.append(seed)
        return {"accuracy": 0.5}

    for weights in ("aa", "aa", "bb"):
        monkeypatch.setattr(kept, "base_hash", {"orchard-xs": weights}.get)
        kept.Kept(str(path))(measure, ["orchard-xs"], 0)
    assert asked == [0, 0]


def test_the_rate_is_the_best_on_validation_and_a_head_has_no_old_loss(one_method, capsys, tmp_path):
    path, name = tmp_path / "kept.json", "prompt, 20"
    key = lambda *what: json.dumps(["run", vars(SMALL), name, *what, kept.base_hash(SMALL.model)])
    low, high = tables.METHODS[name][1]
    fact = lambda accuracy: {"accuracy": accuracy, "old_loss": float("nan"), "parameters": 7}
    path.write_text(json.dumps({key(low, 0, "validation"): fact(0.5), key(high, 0, "validation"): fact(0.9),
                                key(high, 0, "test"): fact(0.75), key(high, 1, "test"): fact(0.25)}))
    tables.quality(str(path))
    row = [line for line in capsys.readouterr().out.splitlines() if line.startswith(name)][0]
    assert row.split() == ["prompt,", "20", "7", f"{high:g}", "0.500", "±", "0.354", "–"]


@pytest.mark.parametrize("content", ["", "[1]", '{"a": 1}', '{"a": {"accuracy": "1"}}', "\x00"])
def test_a_file_of_something_else(content, tmp_path, capsys):
    path = tmp_path / "kept.json"
    path.write_text(content)
    with pytest.raises(CourseError, match="holds no measurements.*Name another file"):
        tables.quality(str(path))
    assert main(["bench", "quality", "--keep", str(path)]) == 2
    assert "holds no measurements" in capsys.readouterr().err and path.read_text() == content
