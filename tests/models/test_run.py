"""A run that was stopped or killed ends with the same bits as one that was not."""
import json
from dataclasses import replace

import pytest
import torch
from safetensors import safe_open

from course_lib.errors import CourseError
from course_lib.models import load_model, weights_hash
from course_lib.pretraining import run
from course_lib.pretraining.checkpoint import CHECKPOINT, whole_folder
from course_lib.pretraining.run import Pretraining


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(run, "VALIDATION_ROWS", 4)
    monkeypatch.setattr(run, "LOG_STEPS", 2)
    real = run.tokenizer_for
    monkeypatch.setattr(run, "tokenizer_for", lambda kind, documents: real(kind, documents, 300))


def pretraining(recipe, documents, out, **options):
    return Pretraining(recipe, documents, out, "course pretrain tiny", compile_loss=False, **options)


def weights(folder):
    return weights_hash(load_model(folder)[0])


@pytest.fixture
def straight(recipe, documents, tmp_path):
    assert pretraining(recipe, documents, tmp_path / "straight").run()
    return tmp_path / "straight"


def test_stopped_and_killed_runs_end_with_the_same_bits(recipe, documents, tmp_path, straight, monkeypatch):
    out = tmp_path / "stopped"
    first = pretraining(recipe, documents, out)
    first.stop = True                                   # saves itself after one step
    assert not first.run() and (out / CHECKPOINT).exists()

    monkeypatch.setattr(run, "CHECKPOINT_SECONDS", -1)   # a checkpoint after every step
    real, calls = run.save_checkpoint, []

    def die(*args):
        real(*args)
        calls.append(args)
        if len(calls) == 2:
            raise MemoryError("killed")
    monkeypatch.setattr(run, "save_checkpoint", die)
    with pytest.raises(MemoryError):
        pretraining(recipe, documents, out).run()
    monkeypatch.setattr(run, "save_checkpoint", real)
    (out / f".{CHECKPOINT}.part").write_text("half")     # half a checkpoint, as a kill leaves it
    with (out / "log.jsonl").open("a") as log:
        log.write('{"step": 5, "tok')                    # and half a line
    assert pretraining(recipe, documents, out).run()
    assert weights(out / "final") == weights(straight / "final")
    curve = json.loads((out / "final/card.json").read_text())["curve"]
    assert curve == json.loads((straight / "final/card.json").read_text())["curve"]


def test_final_folder(recipe, straight):
    final = straight / "final"
    with safe_open(final / "model.safetensors", "pt") as file:
        names = list(file.keys())
        assert {file.get_tensor(name).dtype for name in names} == {torch.bfloat16}
    model, tokenizer = load_model(final)
    shared = "lm_head.weight" if recipe.kind == "causal" else "vocab_projector.weight"
    assert shared not in names                           # tied to the embedding: saved once
    assert model.dtype == torch.float32 and not model.training
    assert model.get_input_embeddings().weight.shape[0] == len(tokenizer)
    if recipe.kind == "causal":
        assert model.lm_head.weight is model.model.embed_tokens.weight
        assert model.config.eos_token_id == tokenizer.eos_token_id and model.config.bos_token_id is None
        assert model.generation_config.pad_token_id == tokenizer.pad_token_id
    card = json.loads((final / "card.json").read_text())
    assert card["tokens"] == recipe.tokens and card["steps"] == 6 and card["seed"] == 0
    assert card["curve"][-1]["validation_loss"] == card["validation_loss"]
    assert "course pretrain tiny" in (final / "README.md").read_text()


def test_snapshots_and_the_early_copy_are_models(documents, tmp_path, recipe):
    recipe = replace(recipe, early=3 * recipe.tokens_per_step)
    out = tmp_path / "run"
    pretraining(recipe, documents, out, keep_every=2 * recipe.tokens_per_step).run()
    snapshots = sorted(int(folder.name) for folder in (out / "snapshots").iterdir())
    assert snapshots == [n * recipe.tokens_per_step for n in (2, 4, 6)]
    hashes = {weights(folder) for folder in [*(out / "snapshots").iterdir(), out / "early"]}
    assert len(hashes) == 4 and weights(out / "final") in hashes     # the last snapshot is the end
    for tokens in snapshots:
        card = json.loads((out / "snapshots" / str(tokens) / "card.json").read_text())
        assert card["name"] == f"{recipe.name}-{tokens}" and card["tokens"] == tokens
    card = json.loads((out / "early/card.json").read_text())
    assert card["name"] == f"{recipe.name}-early" and card["tokens"] == recipe.early


@pytest.mark.parametrize("early, at", [(1, 1), (96, 1), (97, 2), (250, 3)])
def test_the_early_copy_is_kept_once_at_the_first_step_that_reaches_its_tokens(early, at, tiny, documents, tmp_path):
    made = pretraining(replace(tiny, early=early), documents, tmp_path)
    kept = []
    made.export = lambda folder, model, tokenizer, log, name, tokens: kept.append((folder.name, tokens))
    for step in range(1, 7):
        made.keep_copies(None, None, None, step * tiny.tokens_per_step)
    assert tiny.tokens_per_step == 96 and kept == [("early", 96 * at)]


def test_a_folder_is_replaced_whole_or_not_at_all(tmp_path):
    folder = tmp_path / "deep" / "model"
    for text in ("first", "second"):
        with whole_folder(folder) as scratch:
            (scratch / "file").write_text(text)
        assert (folder / "file").read_text() == text
    with pytest.raises(OSError), whole_folder(folder) as scratch:
        (scratch / "file").write_text("half")
        raise OSError("no space left")
    assert (folder / "file").read_text() == "second"
    with whole_folder(folder) as scratch:
        assert list(scratch.iterdir()) == []     # what the failure left is gone
    assert list(folder.parent.iterdir()) == [folder]


def test_another_recipe_or_a_finished_folder_is_refused(documents, recipe, straight, tmp_path):
    with pytest.raises(CourseError, match="finished"):
        pretraining(recipe, documents, straight).run()
    begun = pretraining(recipe, documents, tmp_path / "begun")
    begun.stop = True
    begun.run()
    with pytest.raises(CourseError, match="rows 4 -> 8"):
        pretraining(replace(recipe, rows=8), documents, tmp_path / "begun").run()
