"""load_model with names, seeds and folders that no model can come from: a CourseError that says what to do."""
import json
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import BertConfig, BertForMaskedLM, BertModel, GPT2Config, GPT2LMHeadModel, GPT2Model

from course_lib.errors import CourseError, shown
from course_lib.models import configs, load_model

SIZE = {"vocab_size": 400, "bos_token_id": None, "eos_token_id": 0, "pad_token_id": 1}
BERT = BertConfig(hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=16, **SIZE)
GPT2 = GPT2Config(n_embd=16, n_layer=2, n_head=2, **SIZE)


@pytest.mark.parametrize("name, message", [
    ("", "no model called ''"), (None, "no model called 'None'"), (3, "no model called '3'"),
    ("a\0b", "no model called"), ("/a\0b", "no folder"), ("a/..", "no Hub id is written so"),
    ("~nosuch/x", "no folder '~nosuch/x'"), ("~nosuch", "no folder"), ("n" * 5000, r"no model called 'n{60,80}…"),
    ("./" + "n" * 5000, "no folder"), ("n" * 5000 + "/x", "no Hub id is written so"), ("-a/b-", "no Hub id"),
], ids=lambda value: str(value)[:12])
def test_names(name, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.json").write_text("{}")      # "" is not the folder you happen to be in
    with pytest.raises(CourseError, match=message) as refused:
        load_model(name)
    assert "orchard-s" in str(refused.value) and len(str(refused.value)) < 400


@pytest.mark.parametrize("seed", [-1, "0", 1.0, None, True, [1], 2**70, 10**5000], ids=shown)
def test_seeds(seed):
    with pytest.raises(CourseError, match="seed must be at least 0.*whole number"):
        load_model("orchard-s", random=True, seed=seed)


def saved(kind, folder, tiny, tokenizers):
    build = {"llama": lambda: configs.build_model(tiny, tokenizers["causal"]),
             "gpt2": lambda: GPT2LMHeadModel(GPT2),
             "bert": lambda: BertModel(BERT), "bert-mlm": lambda: BertForMaskedLM(BERT)}
    model = build[kind]()
    model.save_pretrained(folder)
    tokenizers["encoder" if "bert" in kind else "causal"].save_pretrained(folder)
    return folder


@pytest.mark.parametrize("kind, layers, first", [
    ("llama", "num_hidden_layers", "model.layers.1.input_layernorm.weight"),
    ("gpt2", "n_layer", "transformer.h.1.attn.c_attn.weight"),
    ("bert", "num_hidden_layers", "encoder.layer.1.attention.output.LayerNorm.bias"),
    ("bert-mlm", "num_hidden_layers", "bert.encoder.layer.1.attention.output.LayerNorm.bias")])
def test_a_config_with_fewer_or_more_layers_than_the_weights(kind, layers, first, tmp_path, tiny, tokenizers):
    folder = saved(kind, tmp_path, tiny, tokenizers)
    load_model(folder)                               # the head of "bert-mlm" is left over, and that is no fault
    config = json.loads((folder / "config.json").read_text())
    for count, message in ((1, f"hold more.*first '{first}'"), (3, "not complete")):
        (folder / "config.json").write_text(json.dumps(config | {layers: count, "layer_types": None}))
        with pytest.raises(CourseError, match=message):
            load_model(folder)


def test_what_old_hub_files_hold_besides_their_weights_is_no_fault(tmp_path, tiny, tokenizers):
    for kind, extra in (("gpt2", {"transformer.h.0.attn.bias": torch.ones(1, 1, 4, 4),
                                  "transformer.h.0.attn.masked_bias": torch.ones(1)}),
                        ("bert", {"embeddings.position_ids": torch.arange(512)[None]}),
                        ("llama", {"model.layers.0.self_attn.rotary_emb.inv_freq": torch.ones(4)})):
        file = saved(kind, tmp_path / kind, tiny, tokenizers) / "model.safetensors"
        save_file(load_file(file) | extra, file, metadata={"format": "pt"})
        load_model(tmp_path / kind)


def test_a_headless_file_of_a_causal_class_loads(tmp_path, tokenizers):
    GPT2Model(GPT2).save_pretrained(tmp_path)
    tokenizers["causal"].save_pretrained(tmp_path)
    assert type(load_model(tmp_path)[0]) is GPT2Model


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("kind, name", [("llama", "model.layers.1.mlp.down_proj.weight"),
                                        ("bert", "embeddings.word_embeddings.weight")])
def test_weights_that_are_no_numbers(kind, name, value, tmp_path, tiny, tokenizers):
    folder = saved(kind, tmp_path, tiny, tokenizers)
    weights = load_file(folder / "model.safetensors")
    weights[name][1, 2] = value
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(CourseError, match=f"'{name}'.*nan or inf"):
        load_model(folder)
    assert load_model(folder, random=True)[0]        # the untrained control reads no weights


def test_a_file_in_the_folder_s_place_and_a_broken_config(tmp_path, tiny, tokenizers):
    (tmp_path / "file").write_text("")
    with pytest.raises(CourseError, match="no folder"):
        load_model(tmp_path / "file")
    folder = saved("llama", tmp_path / "llama", tiny, tokenizers)
    for text in ("", "{", "[]", '{"model_type": "nosuch"}'):
        broken = tmp_path / "broken"
        shutil.copytree(folder, broken, dirs_exist_ok=True)
        (broken / "config.json").write_text(text)
        with pytest.raises(CourseError, match="cannot be loaded"):
            load_model(broken)


@pytest.mark.parametrize("build", [lambda: BertModel(BERT), lambda: GPT2LMHeadModel(GPT2)], ids=["bert", "gpt2"])
def test_a_folder_without_a_tokenizer_is_refused(build, tmp_path):
    """For these classes transformers makes one out of nothing, which knows no word."""
    build().save_pretrained(tmp_path)
    with pytest.raises(CourseError, match="has no tokenizer, only a model. Save the one that belongs to it"):
        load_model(tmp_path)
