"""`course models`, `course pretrain`, and the cards."""
import json

import pytest

from course_lib import cli, files
from course_lib.models import card, command
from course_lib.pretraining import command as pretrain

CARD = {"name": "orchard-s", "kind": "causal", "architecture": "LlamaForCausalLM", "parameters": 1_053_824,
        "parameters_without_embeddings": 791_680, "megabytes": 2.11, "vocabulary": 2048, "context": 256,
        "command": "course pretrain orchard-s --seed 0", "seed": 0, "tokens": 1000, "steps": 10,
        "rows_per_step": 4, "tokens_per_row": 25, "learning_rate": 0.002, "weight_decay": 0.1,
        "planned_tokens": 1000, "train_loss": 2.5, "validation_loss": 2.25,
        "curve": [{"tokens": 100 * n, "validation_loss": 4 - n / 10} for n in range(1, 51)],
        "abilities": {}}


@pytest.fixture
def bundled(tmp_path, monkeypatch):
    (tmp_path / "orchard-s").mkdir()
    card.write_card(tmp_path / "orchard-s", CARD)
    monkeypatch.setattr(command, "BUNDLED", tmp_path)
    return tmp_path


def test_models_lists_and_shows(bundled, capsys):
    assert cli.main(["models"]) == 0
    assert "1,053,824" in capsys.readouterr().out
    assert cli.main(["models", "orchard-s"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("# orchard-s") and "course pretrain orchard-s --seed 0" in shown
    assert cli.main(["models", "orchard-q"]) == 2
    assert "Did you mean 'orchard-s'" in capsys.readouterr().err


def test_new_abilities_leave_no_earlier_one_on_the_card(bundled):
    card.update_abilities("orchard-s", {"own sense": "0.980", "no longer measured": "0.500"}, bundled)
    card.update_abilities("orchard-s", {"one-shot": "0.800", "own sense": "0.970"}, bundled)
    kept = json.loads((bundled / "orchard-s/card.json").read_text())
    assert kept == CARD | {"abilities": {"own sense": "0.970", "one-shot": "0.800"}}
    page = (bundled / "orchard-s/README.md").read_text()
    assert "| own sense | 0.970 |" in page and "no longer measured" not in page


def test_a_long_curve_is_thinned_and_keeps_its_end():
    assert card.thin(list(range(50)), 20)[-1] == 49 and len(card.thin(list(range(50)), 20)) <= 20
    assert card.thin([1, 2], 20) == [1, 2]


@pytest.mark.parametrize("fails", ["replace", "render"])
def test_a_card_that_cannot_be_written_leaves_the_old_one(bundled, monkeypatch, fails):
    before = {path.name: path.read_bytes() for path in (bundled / "orchard-s").iterdir()}

    def die(*args):
        raise OSError("no space left")
    monkeypatch.setattr(*((files.os, "replace") if fails == "replace" else (card, "render")), die)
    with pytest.raises(OSError):
        card.update_abilities("orchard-s", {"own sense": "0.980"}, bundled)
    assert {name: (bundled / "orchard-s" / name).read_bytes() for name in before} == before


def test_the_command_on_the_card_is_the_one_that_was_given():
    args = pretrain.parser().parse_args(["orchard-s", "--tokens", "500", "--threads", "2"])
    assert pretrain.command_of(args) == "course pretrain orchard-s --seed 0 --tokens 500"
