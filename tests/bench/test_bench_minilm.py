"""`course bench minilm`, in small: every method has its row, and an unusable file is refused before training."""
import csv

import pytest

from course_lib.bench import command
from course_lib.bench import minilm as table
from course_lib.errors import CourseError
from course_lib.models import load_model, weights_hash
from course_lib.models.minilm import installed_folder
from course_lib.world import load_task

pytestmark = pytest.mark.skipif(installed_folder() is None, reason="minilm is not installed: course install minilm")


@pytest.fixture(scope="module")
def real():
    return load_model("minilm")


@pytest.fixture
def few_steps(real, monkeypatch):
    monkeypatch.setattr(table, "load_model", lambda name: real)
    monkeypatch.setattr(table, "STEPS", 2)
    monkeypatch.setattr(table, "ROWS", 4)


def file_of(folder, rows, head=("text", "label")):
    with open(folder / "rows.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([head, *rows])
    return str(folder / "rows.csv")


def natural(count):
    rows = load_task("natural")["train"].select(range(count))
    return list(zip(rows["text"][:], rows["answer"][:]))


def test_every_method_has_its_row(real, few_steps, tmp_path, capsys):
    before = weights_hash(real[0])
    assert command.main(["minilm", file_of(tmp_path, natural(40))]) == 0
    printed = capsys.readouterr().out
    assert "train 28, validation 4, test 8 rows, 2 labels; 2 steps of 4; 20 vectors" in printed
    rows = {name: next(line for line in printed.splitlines() if line.startswith(name)) for name in table.METHODS}
    width, labels = 384, 2
    head = width * labels + labels
    for name, parameters in {"probe: the head alone": head, "prompt tuning": 20 * width + head,
                             "LoRA": 6 * 2 * 8 * (width + width) + head, "full fine-tuning": 22_713_216 + head}.items():
        assert f" {parameters:,} " in rows[name]
    for row in rows.values():
        *_, accuracy, low, to, high, seconds, disk = row.split()
        assert 0 <= float(low[1:]) <= float(accuracy) <= float(high[:-1]) <= 1 and to == "to"
        assert float(seconds) >= 0 and int(disk.replace(",", "")) > 2 * 384 * 4
    assert "bag of words" in printed and "the most frequent label  " in printed and "seconds\n" in printed
    assert weights_hash(real[0]) == before


def test_no_more_rows_are_taken_than_said(few_steps, tmp_path, monkeypatch, real):
    monkeypatch.setattr(table, "MOST", {"train": 10, "validation": 3, "test": 100})
    task = table.rows_of(file_of(tmp_path, natural(40)), real[1], 492)
    assert {split: len(rows) for split, rows in task.items()} == {"train": 10, "validation": 3, "test": 8}
    assert sum(task["train"]["label"]) == 5


def test_each_rate_is_from_its_list():
    assert all(rate in tried for _, rate, tried in table.METHODS.values())


@pytest.mark.parametrize("rows, head, message", [
    (natural(40), ("text", "class"), "needs the columns text and label"),
    (natural(40), ("prompt", "answer"), "has no labels.*text and label"),
    ([(text, "good") for text, _ in natural(40)], ("text", "label"), "one label only"),
    ([*natural(40), ("word " * 491, "positive")], ("text", "label"), "493 tokens.*at most 492")],
    ids=["columns", "no labels", "one label", "too long"])
def test_a_file_that_cannot_be_used_is_refused_before_training(rows, head, message, few_steps, tmp_path, monkeypatch):
    monkeypatch.setattr(table, "fit", lambda *_, **__: pytest.fail("trained"))
    with pytest.raises(CourseError, match=message):
        command.main(["minilm", file_of(tmp_path, rows, head)])
