"""Which models are refused, when they are loaded and when a method or a tool is given one, and how they are named."""
import copy
import json
import shutil
from functools import partial

import peft
import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file
from transformers import AutoConfig, AutoModel, AutoModelForCausalLM

from course_lib import evaluate, fit
from course_lib.architecture import is_decoder
from course_lib.distillation import prune
from course_lib.errors import CourseError
from course_lib.methods import DeepPrompts, Frozen, FullFineTuning, LoRA, PrefixTuning, PromptTuning, Steering
from course_lib.models import load_model, weights_hash
from course_lib.prompting import complete, score_choices
from course_lib.quantise import quantise
from course_lib.training.batches import Batches
from tests.closeness import NET, assert_near
from tests.training.small import pair_of, task_of

SIZES = {"vocab_size": 400, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "pad_token_id": 1,
         "bos_token_id": None, "eos_token_id": 0, "max_position_embeddings": 64}
LISTED = "Llama, Qwen2, .*Gemma 3.*, BERT, .* and ModernBERT.*orchard-s is a Llama"
OTHERS = {  # model_type: settings beside SIZES
    "opt": {"ffn_dim": 16, "word_embed_proj_dim": 16}, "falcon": {}, "gptj": {"rotary_dim": 4}, "bloom": {},
    "gpt_neo": {"attention_types": [[["global"], 2]]}, "gpt_neox": {"intermediate_size": 16}, "gemma": {"head_dim": 8},
    "phi3": {"intermediate_size": 16}, "mixtral": {"intermediate_size": 16}, "electra": {"embedding_size": 8},
    "albert": {"embedding_size": 8}, "mpnet": {}, "deberta-v2": {}, "camembert": {}}
CAUSAL = ("opt", "falcon", "gptj", "bloom", "gpt_neo", "gpt_neox", "gemma", "phi3", "mixtral")


def random_model(model_type: str, **more):
    more = {"num_key_value_heads": 2} | more if model_type == "qwen2" else more
    config = AutoConfig.for_model(model_type, **SIZES | OTHERS.get(model_type, {}) | more)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        causal = model_type in CAUSAL or model_type in ("llama", "gpt2", "qwen2")
        return (AutoModelForCausalLM if causal else AutoModel).from_config(config).eval()


def saved(model, folder, tokenizer):
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


TOOLS = {"LoRA": LoRA, "Frozen": partial(Frozen, train=(), num_labels=2), "FullFineTuning": FullFineTuning,
         "quantise": quantise, "prune": partial(prune, layers=[0])}


@pytest.mark.parametrize("model_type", OTHERS)
def test_another_architecture_is_refused_by_name_loaded_or_given(model_type, tokenizers, tmp_path):
    model = random_model(model_type)
    said = f"{type(model).__name__} is of another architecture, '{model_type}'.*tested on {LISTED}"
    for tool in TOOLS.values():
        with pytest.raises(CourseError, match=said):
            tool(model)
    if model_type in CAUSAL:
        with pytest.raises(CourseError, match=said):
            complete(model, tokenizers["causal"], "a film")
    folder = saved(model, tmp_path, tokenizers["causal"])
    for random in (False, True):
        with pytest.raises(CourseError, match=said):
            load_model(folder, random=random)


@pytest.mark.parametrize("model_type, more, said", [
    ("bert", {"is_decoder": True}, "BERT as a decoder, and the course knows it as an encoder"),
    ("bert", {"position_embedding_type": "relative_key"}, "counts positions in a way of its own, 'relative_key'"),
    ("gpt2", {"add_cross_attention": True}, "also reads what another model gives"),
    ("llama", {"is_causal": False}, "Llama that looks ahead"),
    ("gemma3_text", {"use_bidirectional_attention": True}, "Gemma 3 .text. that looks ahead"),
    ("llama", {"rope_parameters": {"rope_type": "longrope", "rope_theta": 1e4, "short_factor": [1.0] * 4,
                                   "long_factor": [2.0] * 4, "original_max_position_embeddings": 32}}, "'longrope'"),
    ("llama", {"quantization_config": {"quant_method": "gptq", "bits": 4}}, "weights that another library rounded"),
    ("gemma3_text", {"sliding_window": 1}, "a sliding window of at least 2 places, .*; sliding_window is 1"),
    ("gemma3_text", {"sliding_window": None}, "a sliding window of at least 2 places, .*; sliding_window is None"),
    ("qwen2", {"layer_types": ["full_attention", "chunked_attention"]}, "another kind, 'chunked_attention'"),
    ("roberta", {"pad_token_id": None}, "counts positions from its padding's number, and has none"),
])
def test_settings_that_change_what_a_promised_class_computes(model_type, more, said, tokenizers, tmp_path):
    folder = saved(random_model(model_type, **({"head_dim": 8} if model_type == "gemma3_text" else {})), tmp_path,
                   tokenizers["causal"])
    load_model(folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | more))
    with pytest.raises(CourseError, match=f"{said}.*tested on {LISTED}"):
        load_model(folder)
    model = random_model(model_type)
    for name, value in more.items():
        setattr(model.config, name, value)
    with pytest.raises(CourseError, match=said):
        LoRA(model)


@pytest.mark.parametrize("more", [{"return_dict": False}, {"chunk_size_feed_forward": 7}])
def test_settings_of_how_the_numbers_are_handed_out_change_none(more, tokenizers, tmp_path):
    folder, said = saved(random_model("bert"), tmp_path, tokenizers["encoder"]), []
    for settings in ({}, more):
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps(config | settings))
        model, batch = load_model(folder)[0], {"input_ids": torch.tensor([[5, 6, 7, 8, 9]])}
        method = Frozen(model, train=(), num_labels=2)
        with torch.no_grad(), method.on(model):
            said.append(method.logits(model, batch))
    assert torch.equal(*said)


def test_classes_that_transformers_has_not_and_encoder_decoders(tokenizers, tmp_path):
    folder = saved(random_model("llama"), tmp_path, tokenizers["causal"])
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"architectures": ["OwnLlamaForCausalLM"]}))
    with pytest.raises(CourseError, match="names the class OwnLlamaForCausalLM.*has none of that name"):
        load_model(folder)
    (folder / "config.json").write_text(json.dumps(config | {"auto_map": {"AutoModelForCausalLM": "own.Llama"}}))
    with pytest.raises(CourseError, match="brings code of its own .AutoModelForCausalLM in its config.json"):
        load_model(folder)
    t5 = transformers.T5Config(vocab_size=400, d_model=16, d_ff=16, num_layers=1, num_heads=2, d_kv=8)
    folder = saved(transformers.T5ForConditionalGeneration(t5), tmp_path / "t5", tokenizers["causal"])
    with pytest.raises(CourseError, match=f"has an encoder and a decoder.*tested on {LISTED}"):
        load_model(folder)


def test_what_another_library_put_into_a_model_is_refused(tokenizers):
    model = random_model("llama")
    peft.get_peft_model(model, peft.LoraConfig(r=2, target_modules=["q_proj"]))
    for tool in TOOLS.values():
        with pytest.raises(CourseError, match=r"q_proj is a Linear of peft, which changes what LlamaForCausalLM comp"):
            tool(model)


class Doubled(torch.nn.Module):
    """A module as a student puts it into a model: the layer that was there, twice as strong."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x):
        return 2 * self.layer(x)


def test_a_model_with_modules_of_ones_own_or_of_peft_can_be_prompted():
    model, tokenizer = pair_of("llama")
    prompt, choices = "a good film", ["good", "bad"]
    before = score_choices(model, tokenizer, prompt, choices)
    own = copy.deepcopy(model)
    for layer in own.model.layers:
        layer.mlp.down_proj = Doubled(layer.mlp.down_proj)
    by_hand = copy.deepcopy(model)
    with torch.no_grad():
        for layer in by_hand.model.layers:
            layer.mlp.down_proj.weight *= 2
    wanted = score_choices(by_hand, tokenizer, prompt, choices)
    assert wanted != before
    assert_near(torch.tensor(score_choices(own, tokenizer, prompt, choices)), torch.tensor(wanted), **NET)
    library = peft.get_peft_model(copy.deepcopy(model), peft.LoraConfig(r=2, target_modules=["q_proj"]))
    for one in (library, library.base_model.model):         # B is zero at the start: nothing is changed
        assert_near(torch.tensor(score_choices(one, tokenizer, prompt, choices)), torch.tensor(before), **NET)


def test_an_adapter_beside_a_model_is_refused_and_without_it_the_model_is_itself(tokenizers, tmp_path):
    base = random_model("llama")
    folder = saved(base, tmp_path / "model", tokenizers["causal"])
    wanted = weights_hash(base)
    peft.get_peft_model(copy.deepcopy(base), peft.LoraConfig(r=2, target_modules=["q_proj"])).save_pretrained(folder)
    for random in (False, True):
        with pytest.raises(CourseError, match="an adapter of peft beside it .*Move the files that beg"):
            load_model(folder, random=random)
    shutil.copytree(folder, tmp_path / "adapter")
    for file in folder.glob("adapter_*"):
        file.unlink()
    assert weights_hash(load_model(folder)[0]) == wanted
    (tmp_path / "adapter" / "config.json").unlink()
    with pytest.raises(CourseError, match="no config.json, but an adapter of peft .*load its base"):
        load_model(tmp_path / "adapter")


@pytest.fixture
def sharded(tokenizers, tmp_path):
    """A folder whose weights are in several files, with an index."""
    model = random_model("llama")
    model.save_pretrained(tmp_path, max_shard_size="20KB")
    tokenizers["causal"].save_pretrained(tmp_path)
    assert len(list(tmp_path.glob("model-*.safetensors"))) > 1
    return tmp_path


INDEX = "model.safetensors.index.json"


def test_weights_in_several_files_are_loaded_and_a_missing_one_is_named(sharded):
    assert weights_hash(load_model(sharded)[0]) == weights_hash(random_model("llama"))
    first = sorted(sharded.glob("model-*.safetensors"))[0]
    first.rename(sharded / "elsewhere.safetensors")
    with pytest.raises(CourseError, match=f"not all of the model: 1 of the .* files that {INDEX} names .*{first.name}"):
        load_model(sharded)
    (sharded / INDEX).unlink()
    with pytest.raises(CourseError, match="no weights under a name that transformers reads, only .*elsewhere.safeten"):
        load_model(sharded)


@pytest.mark.parametrize("text, said", [
    ("", "is damaged"), ("{", "is damaged"), ("[]", "is damaged"), ("{}", "is damaged"),
    ('{"weight_map": []}', "is damaged"), ('{"weight_map": {"a": 3}}', "is damaged"),
    ('{"weight_map": {}}', "an index of no weights"),
    ('{"weight_map": {"a": "pytorch_model.bin"}}', "pickled weights .pytorch_model.bin")])
def test_an_index_that_says_nothing(text, said, sharded):
    (sharded / INDEX).write_text(text)
    with pytest.raises(CourseError, match=said):
        load_model(sharded)


def test_an_index_of_pickled_files_alone_and_beside_safetensors(tokenizers, tmp_path):
    folder = saved(random_model("llama"), tmp_path, tokenizers["causal"])
    (folder / "pytorch_model.bin.index.json").write_text('{"weight_map": {"a": "pytorch_model-00001-of-00001.bin"}}')
    load_model(folder)                                      # what many folders of the Hub hold
    (folder / "model.safetensors").unlink()
    with pytest.raises(CourseError, match="only pickled weights .pytorch_model.bin.index.json"):
        load_model(folder)


@pytest.mark.parametrize("kind", ["roberta", "bert"])
def test_a_pooler_that_the_folder_lacks_is_the_same_at_every_load(kind, tokenizers, tmp_path):
    folder = saved(random_model(kind), tmp_path, tokenizers["causal"])
    weights = load_file(folder / "model.safetensors")
    save_file({name: one for name, one in weights.items() if "pooler" not in name}, folder / "model.safetensors",
              {"format": "pt"})
    state = torch.get_rng_state()
    first, again = (load_model(folder)[0] for _ in range(2))
    assert weights_hash(first) == weights_hash(again) and torch.equal(state, torch.get_rng_state())


def test_roberta_reads_as_many_tokens_as_it_has_positions(tokenizers, tmp_path):
    model, _ = load_model(saved(random_model("roberta"), tmp_path, tokenizers["causal"]))
    method = Frozen(model, (), num_labels=2)                # 64 positions, from 2 on
    with method.on(model), torch.no_grad():
        method.logits(model, {"input_ids": torch.full((1, 62), 5)})
    with pytest.raises(CourseError, match="at least 1 and at most 61"):
        PromptTuning(model, length=62, num_labels=2)


# A classifier, or the body, of a decoder is a decoder: its head reads the last token, which alone has seen all.

@pytest.mark.parametrize("family, body", [("llama", "LlamaModel"), ("gpt2", "GPT2Model"), ("qwen2", "Qwen2Model")])
def test_a_classifier_of_a_decoder_reads_the_last_token(family, body, tokenizers, tmp_path):
    language = random_model(family)
    batch = {"input_ids": torch.tensor([[5, 6, 7, 8], [1, 1, 9, 4]]),
             "attention_mask": torch.tensor([[1, 1, 1, 1], [0, 0, 1, 1]])}
    wanted = None
    for name in (type(language).__name__, body, body.replace("Model", "ForSequenceClassification")):
        model = getattr(transformers, name)(language.config)
        (model if name == body else model.base_model).load_state_dict(language.base_model.state_dict())
        model, _ = load_model(saved(model, tmp_path / name, tokenizers["causal"]))
        assert is_decoder(model) and type(model).__name__ == (body if name != type(language).__name__ else name)
        for build in (partial(Frozen, train=()), PrefixTuning):
            assert build(model, num_labels=2).decoder
        method = Frozen(model, (), num_labels=2)
        with method.on(model), torch.no_grad():
            given = method.logits(model, batch)
            last = model.base_model(**method.prepare(batch)).last_hidden_state[:, -1] @ method.head.weight.T
        assert torch.allclose(given, last, rtol=1e-4, atol=1e-6)
        wanted = given if wanted is None else wanted
        assert torch.allclose(given, wanted, rtol=1e-4, atol=1e-6)
        with pytest.raises(CourseError, match="DeepPrompts is for encoders"):
            DeepPrompts(model)


def test_a_body_is_not_asked_for_an_answer_and_can_learn_with_a_head():
    language, tokenizer = pair_of("llama")
    model = transformers.LlamaModel(language.config).eval()
    model.load_state_dict(language.model.state_dict())
    task = task_of("reviews")
    with pytest.raises(CourseError, match="LlamaModel, a decoder without its output layer, answers through a head"):
        evaluate(model, tokenizer, task["test"])
    with pytest.raises(CourseError, match="LlamaModel, a decoder without its output layer, answers through a head"):
        Batches(model, tokenizer, task["train"], LoRA(model))
    with pytest.raises(CourseError, match="LlamaModel has no output layer that says what comes next"):
        complete(model, tokenizer, "a film")
    lora = LoRA(model)
    with lora.on(model), pytest.raises(CourseError, match="LlamaModel says nothing about the tokens.*with num_labels"):
        lora.logits(model, {"input_ids": torch.tensor([[1, 2]])})
    for one in (model, language):
        assert fit(one, tokenizer, task, LoRA(one, num_labels=2), steps=3, progress=False).loss
    same = [fit(one, tokenizer, task, Frozen(one, (), num_labels=2), steps=3, progress=False).loss
            for one in (model, language)]
    assert same[0] == pytest.approx(same[1], rel=1e-4)


def test_a_model_with_dropout_that_is_left_in_training_mode_is_read_without_it():
    _, tokenizer = pair_of("gpt2")
    config = transformers.GPT2Config(vocab_size=len(tokenizer), n_embd=16, n_layer=2, n_head=2, n_positions=64,
                                     resid_pdrop=0.5, embd_pdrop=0.5, attn_pdrop=0.5, initializer_range=0.5)
    model = transformers.GPT2LMHeadModel(config)
    assert model.training
    make = {"complete": lambda: complete(model, tokenizer, "a good film", 6),
            "steering": lambda: Steering.from_texts(model, tokenizer, ["good"], ["bad"]).vector.tolist(),
            "prefix": lambda: PrefixTuning(model, 3).prefix.tolist()}
    given = {name: one() for name, one in make.items()}
    assert model.training
    model.eval()
    assert given == {name: one() for name, one in make.items()}


def test_a_gpt2_that_divides_by_the_number_of_a_layer_loses_the_last_ones_only():
    model = random_model("gpt2", scale_attn_by_inverse_layer_idx=True, num_hidden_layers=3)
    assert prune(model, layers=[2]).config.num_hidden_layers == 2
    with pytest.raises(CourseError, match="another number computes something else. Take out the last layers only"):
        prune(model, layers=[0])


def test_a_matrix_that_is_no_linear_layer_is_not_passed_over():
    model = random_model("llama")
    model.model.layers[1].register_parameter("extra", torch.nn.Parameter(torch.ones(2, 2)))
    with pytest.raises(CourseError, match="The matrix extra of a block is no linear layer"):
        quantise(model)
