"""load_model: fresh models, the untrained control, and errors that say what to do."""
import json
import shutil

import pytest
import torch
from transformers import BertConfig, BertModel, GPT2Config, GPT2LMHeadModel

from course_lib.errors import CourseError
from course_lib.models import configs, load_model, loading, weights_hash
from course_lib.models.card import make_card
from course_lib.pretraining.checkpoint import export_model


@pytest.fixture(scope="module")
def folder(tiny, tokenizers, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "tiny"
    model = configs.build_model(tiny, tokenizers["causal"])
    curve = [{"tokens": 576, "validation_loss": 4.9}]
    export_model(folder, model, tokenizers["causal"], make_card("tiny", tiny, model, "a test", 576, 5.0, curve))
    return folder


def test_each_load_is_fresh(folder):
    (first, _), (second, _) = load_model(folder), load_model(str(folder))
    assert weights_hash(first) == weights_hash(second)
    with torch.no_grad():
        first.model.norm.weight[0] += 1
    assert weights_hash(first) != weights_hash(second) == weights_hash(load_model(folder)[0])


def test_random_is_seeded_untrained_and_leaves_the_caller_s_state(folder):
    state = torch.get_rng_state()
    first, again, other = (weights_hash(load_model(folder, random=True, seed=seed)[0]) for seed in (1, 1, 2))
    assert first == again and len({first, other, weights_hash(load_model(folder)[0])}) == 3
    assert torch.equal(torch.get_rng_state(), state)
    model, _ = load_model(folder, random=True)
    assert model.dtype == torch.float32 and not model.training
    assert model.lm_head.weight is model.model.embed_tokens.weight


def test_generates(folder):
    model, tokenizer = load_model(folder)
    prompt = tokenizer("Apple: plum\nPear:", return_tensors="pt")
    out = model.generate(**prompt, max_new_tokens=3, min_new_tokens=3, do_sample=False)
    assert out.shape[1] == prompt.input_ids.shape[1] + 3


BERT = BertConfig(vocab_size=400, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16)
GPT2 = GPT2Config(vocab_size=400, n_embd=16, n_layer=1, n_head=2)


@pytest.mark.parametrize("build, config", [(BertModel, BERT), (GPT2LMHeadModel, GPT2)], ids=["bert", "gpt2"])
def test_other_architectures_load_from_a_folder(build, config, tokenizers, tmp_path):
    model = build(config)
    model.save_pretrained(tmp_path)
    tokenizers["causal"].save_pretrained(tmp_path)
    loaded, _ = load_model(tmp_path)
    assert type(loaded) is type(model) and weights_hash(loaded) == weights_hash(model)


def test_unknown_names(monkeypatch, tmp_path, folder):
    shutil.copytree(folder, tmp_path / "orchard-s")
    monkeypatch.setattr(loading, "BUNDLED", tmp_path)
    assert weights_hash(load_model("orchard-s")[0]) == weights_hash(load_model(folder)[0])
    with pytest.raises(CourseError, match="Did you mean 'orchard-s'"):
        load_model("orchard-z")
    for name in ("./nowhere", "/no/such/folder", "~/nowhere"):
        with pytest.raises(CourseError, match="no folder"):
            load_model(name)
    with pytest.raises(CourseError, match="no run of its own"):
        configs.recipe_for("orchard-s-early")
    with pytest.raises(CourseError, match="orchard-xs"):
        configs.recipe_for("orchard-xxs")


def test_hub_id_without_network_says_what_to_do(monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(CourseError, match="bundled model.*hf download someone/some-model.*HF_HUB_OFFLINE"):
        load_model("someone/some-model")


def test_a_hub_id_without_a_network_is_refused_soon(refused_without_network):
    said = refused_without_network("load_model", "owner/name")
    assert "bundled model" in said and "hf download owner/name" in said


def test_folders_that_hold_no_model(folder, tmp_path):
    with pytest.raises(CourseError, match="no config.json"):
        load_model(tmp_path)
    broken = tmp_path / "broken"
    shutil.copytree(folder, broken)
    (broken / "model.safetensors").unlink()
    with pytest.raises(CourseError, match="no weights"):
        load_model(broken)
    torch.save({}, broken / "pytorch_model.bin")
    with pytest.raises(CourseError, match="pickled"):
        load_model(broken)
    (broken / "model.safetensors").write_bytes(b"not safetensors")
    with pytest.raises(CourseError, match="cannot be loaded"):
        load_model(broken)


def test_weights_of_another_model_are_refused(folder, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(folder, other)
    config = json.loads((other / "config.json").read_text())
    (other / "config.json").write_text(json.dumps(config | {"num_hidden_layers": 3, "layer_types": None}))
    with pytest.raises(CourseError, match="not complete"):
        load_model(other)


def test_a_folder_s_own_code_is_neither_run_nor_offered(folder_with_code, monkeypatch):
    monkeypatch.setattr("builtins.input", lambda *_: pytest.fail("was offered"))
    with pytest.raises(CourseError):
        load_model(folder_with_code)
    assert not (folder_with_code / "ran").exists()


def test_an_index_of_pickled_shards_is_refused(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "decoy.safetensors").write_bytes(b"")
    (tmp_path / "model.safetensors.index.json").write_text('{"weight_map": {"a": "pytorch_model.bin"}}')
    with pytest.raises(CourseError, match="pickled"):
        load_model(tmp_path)


@pytest.fixture
def folder_with_code(tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "own", "auto_map": {"AutoConfig": "own.Own"}}')
    (tmp_path / "own.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    (tmp_path / "model.safetensors").write_bytes(b"")
    return tmp_path
