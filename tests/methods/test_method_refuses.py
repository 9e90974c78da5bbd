"""Methods with wrong arguments: a CourseError that says what was given and what to do; the model is as it was."""
import copy
from pathlib import Path

import pytest
import torch
from torch import nn
from transformers import BertConfig, BertModel, LlamaConfig, LlamaForCausalLM

from course_lib import methods
from course_lib.errors import CourseError
from course_lib.methods import (
    Adapter,
    BitFit,
    DeepPrompts,
    Frozen,
    FullFineTuning,
    Interchange,
    LoRA,
    LoReFT,
    PrefixTuning,
    PromptTuning,
    ScaleShift,
    Steering,
)
from tests.methods.tiny_models import CONTEXT, batch_of, sourced

ALL = tuple(getattr(methods, name) for name in methods.__all__)
HOME = {BitFit: "gpt2", DeepPrompts: "bert"}  # elsewhere: llama
VIRTUAL = (PromptTuning, PrefixTuning, DeepPrompts)

WHOLE = "must be at least {}.*, a whole number; you gave"
NAMES = r"takes names of the model's modules, such as .*; you gave .*named_modules"
BUILT = [  # method, settings, what the message says; a list of values stands for that many cases
    (ALL, "num_labels", [0, 1, -1, True, 2.5, "two"], "num_labels " + WHOLE.format(2)),
    (ALL, "seed", [-1, 2**32, 1.5, None, "0", True], "seed " + WHOLE.format(0)),
    (VIRTUAL, "length", [0, -1, CONTEXT, True, 2.5, "five", None], f"at least 1 and at most {CONTEXT - 1}"),
    (VIRTUAL, "init", ["a text", "", " ", 5, None], "with a text you give tokenizer=, too; you gave init="),
    (LoRA, "targets", [("q_prok",), "q_prok", ["v_proj", "q_prok"]], "'q_prok'. Did you mean 'q_proj'.*Known: .*v_pro"),
    (LoRA, "targets", [("layers.9.self_attn.q_proj",), ("input_layernorm",), ("roj",)],
     "no module of LlamaForCausalLM to attach to called .*Known: "),
    (LoRA, "targets", [5, ("q_proj", 3), ("",), [None], {"q_proj": 1}], "targets " + NAMES),
    (LoRA, "targets", [(), []], r"names of linear layers of LlamaForCausalLM: targets=\("),
    (LoRA, "rank", [0, -1, 17, True, 2.0, "8", None], "rank must be at least 1 and at most 16, a whole number"),
    (LoRA, "alpha", [float("nan"), float("inf"), "16", True, None], "alpha is a number.*you gave alpha="),
    (LoRA, "dropout", [1, 1.5, -0.1, float("nan"), "half", True, None], "dropout one from 0 to below 1; you gave"),
    (Adapter, "bottleneck", [0, -1, 33, True, 2.0, "8", None], "bottleneck must be at least 1 and at most 32, a whole"),
    (ScaleShift, "kind", ["ia3 ", "IA3", "rde", None, 3], "no kind called .*Known: ia3, red"),
    (LoReFT, "layers", [[3], [9], [-1], [0, "1"], [True], range(2, 5)], "A layer must be at least 0 and at most 2"),
    (LoReFT, "layers", [[], (), [0, 0]], "at least one block, and none twice; you gave"),
    (LoReFT, "layers", ["last", 1, None, {0}], "'all' or a list of block numbers from 0 to 2; you gave"),
    (LoReFT, "rank", [0, 33, True, "4"], "rank must be at least 1 and at most 32"),
    (LoReFT, "prefix", [-1, 1.5, True, None], "prefix " + WHOLE.format(0)),
    (LoReFT, "suffix", [-1, 1.5, True, None], "suffix " + WHOLE.format(0)),
    (LoReFT, "variant", ["dirft", "LoReFT", None, 1], "no variant called .*Known: direft, loreft"),
    ((Steering, Interchange), "layer", [3, -1, True, 1.0, "1", [1]], "layer must be at least 0 and at most 2"),
    (Steering, "vector", [torch.ones(31), torch.ones(1, 32), [0.0] * 32, 1, torch.full((32,), float("nan"))],
     r"vector is a tensor of shape \(32,\), without nan; you gave"),
    (Steering, "strength", [float("nan"), float("inf"), "2", True, None, 1j], "strength is a number; you gave"),
    (Interchange, "rank", [0, -1, 33, True, 2.0, "4"], "rank must be at least 1 and at most 32, a whole number"),
    (Interchange, "position", [1.5, "last", True, None], "position .*a whole number; you gave"),
    (Frozen, "train", [("model.layer.0",)], "'model.layer.0'. Did you mean 'model.layers.0"),
    (Frozen, "train", ["last", ("lm_head", "model.layers.9"), ["odel"]], "no part of the model with parameters called"),
    (Frozen, "train", [5, None, ("",), "", (None,), {"lm_head"}], "train " + NAMES),
    (Frozen, "train", [(), []], "nothing but a head, so it needs num_labels, such as"),
]
BUILDS = [(kind, {name: value}, said) for kinds, name, values, said in BUILT
          for kind in (kinds if isinstance(kinds, tuple) else (kinds,)) for value in values]
BUILDS += [(LoReFT, {"prefix": 0, "suffix": 0}, "prefix and suffix are both 0.*Give one of them 1 or more"),
           (LoReFT, {"prefix": 0, "suffix": 0, "tied": True}, "prefix and suffix are both 0")]
BUILDS += [(kind, {"init": "a text", "tokenizer": "orchard-s"}, "and tokenizer='orchard-s'") for kind in VIRTUAL]


@pytest.fixture
def home(base):
    """home(kind): a model that this method can be built on; after the test another method can be attached to it."""
    asked = []

    def get(kind):
        asked.append(base(HOME.get(kind, "llama")))
        return asked[-1]

    yield get
    for model in asked:
        with FullFineTuning(model).on(model):
            pass


@pytest.mark.parametrize("kind, settings, said", BUILDS, ids=lambda value: str(getattr(value, "__name__", value))[:40])
def test_settings(kind, settings, said, home):
    with pytest.raises(CourseError, match=said):
        kind(home(kind), **settings)


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("given", ["nothing", "a name", "a pair", "a layer", "a class"])
def test_what_is_no_model(kind, given, base, home, tokenizer, tmp_path):
    value = {"nothing": None, "a name": "orchard-s", "a pair": (base("llama"), tokenizer), "a layer": nn.Linear(2, 2),
             "a class": nn.Module}[given]
    said = f"{kind.__name__} needs a loaded model; you gave .*load_model"
    with pytest.raises(CourseError, match=said):
        kind(value)
    method = kind(home(kind))
    for use in (method.on(value).__enter__, lambda: method.merge(value), lambda: method.unmerge(value)):
        with pytest.raises(CourseError):
            use()
    with pytest.raises(CourseError, match=said):
        method.on(value).__enter__()
    method.save(tmp_path / "method.safetensors")
    with pytest.raises(CourseError, match=said):
        kind.load(tmp_path / "method.safetensors", value)


@pytest.mark.parametrize("kind", ALL)
def test_a_model_in_another_precision(kind, home):
    model = copy.deepcopy(home(kind))
    for dtype in (torch.float16, torch.bfloat16, torch.float64):
        method = kind(model.to(dtype), **({"num_labels": 2} if kind is Frozen else {}))
        if all(one.dtype == dtype for one in [*method.parameters(), *method.buffers()]):
            continue  # copies of the model's own weights, or nothing at all
        with pytest.raises(CourseError, match=f"holds .*float32.*and the model {str(dtype)[6:]}.*`model.float"):
            with method.on(model):
                pass


@pytest.mark.parametrize("kind", ALL)
def test_outside_of_on_there_is_no_model(kind, home):
    model = home(kind)
    method = kind(model, num_labels=2)
    for use in (lambda: method.model, lambda: method.prepare(batch_of()), lambda: method.logits(model, batch_of())):
        with pytest.raises(CourseError, match=f"{kind.__name__} is attached to no model now. Work inside `with"):
            use()


@pytest.mark.parametrize("kind", VIRTUAL)
def test_texts_that_leave_no_room(kind, home):
    model = home(kind)
    method = kind(model, length=5, num_labels=2)
    with method.on(model):
        method.logits(model, {"input_ids": torch.ones(2, CONTEXT - 5, dtype=torch.long)})
        with pytest.raises(CourseError, match=f"has {CONTEXT - 4} tokens.*5 virtual ones.*most {CONTEXT - 5}: s"):
            method.logits(model, {"input_ids": torch.ones(2, CONTEXT - 4, dtype=torch.long)})


@pytest.mark.parametrize("kind, said", [(PrefixTuning, "The prefix is not in this call"),
                                        (LoReFT, "LoReFT edits positions of the prompt"),
                                        (Interchange, "Interchange edits positions of the prompt"),
                                        (PromptTuning, "The vectors of PromptTuning are not in this call"),
                                        (DeepPrompts, "The vectors of DeepPrompts are not in this call")])
def test_a_call_that_was_not_prepared(kind, said, home):
    model = home(kind)
    method = kind(model)
    with method.on(model):
        method.logits(model, sourced(method, batch_of())) if method.decoder else None
    with method.on(model), pytest.raises(CourseError, match=f"{said}.*Call the model with `.*method.prepare.batch.`"):
        model(**batch_of())  # also where the method was prepared the last time that it was attached


@pytest.mark.parametrize("again", [{}, {"use_cache": False}])
def test_a_prefix_that_was_read_already(again, home):
    model = home(PrefixTuning)
    method = PrefixTuning(model, length=5)
    with method.on(model):
        inputs = method.prepare(batch_of())
        model(**inputs)
        with pytest.raises(CourseError, match="it would be read twice. Call `prepare` once for every call of the"):
            model(**inputs, **again)


@pytest.mark.parametrize("more", [{"num_return_sequences": 2, "do_sample": True}, {"num_beams": 2}])
def test_loreft_and_other_rows_than_were_prepared(more, home):
    model = home(LoReFT)
    method = LoReFT(model)
    said = r"last called for \(3, 7\) tokens, and the model reads \(6, 7\). Call it once for every call"
    with method.on(model):
        with pytest.raises(CourseError, match=said):
            model.generate(**method.prepare(batch_of()), max_new_tokens=2, **more)
        method.prepare(batch_of())
        with pytest.raises(CourseError, match=r"and the model reads \(1, 7\)"):
            model(**batch_of([[1, 2, 3, 4, 5, 6, 7]]))
        with pytest.raises(CourseError, match=r"and the model reads \(3, 2\)"):
            model(**batch_of([[1, 2]] * 3))


MIXES = [  # prompts by name, rows, what the message says
    ("", [0], "a list of PromptTuning methods without heads"), ("a", 5, "rows is a list .* from 0 to 0; you gave 5"),
    ("ar", [0], "a list of PromptTuning methods"), ("ah", [0], "without heads of their own"),
    ("al", [0], "one base model and of one length"), ("ao", [0], "one base model and of one length"),
    ("ab", [], "rows is a list"), ("ab", None, "rows is a list"), ("ab", "01", "rows is a list"),
    ("ab", [0, 2], "A row's prompt must be at least 0 and at most 1"), ("ab", [-1], "A row's prompt"),
    ("ab", [True], "A row's prompt"), ("ab", [0.0], "A row's prompt"), ("ab", ["a"], "A row's prompt"),
]


@pytest.mark.parametrize("names, rows, said", MIXES)
def test_prompts_that_cannot_be_mixed(names, rows, said, base):
    model = base("llama")
    kinds = {"a": lambda: PromptTuning(model, 5), "b": lambda: PromptTuning(model, 5, seed=1),
             "r": lambda: LoRA(model), "h": lambda: PromptTuning(model, 5, num_labels=2),
             "l": lambda: PromptTuning(model, 6), "o": lambda: PromptTuning(base("llama-untied"), 5)}
    with pytest.raises(CourseError, match=said):
        PromptTuning.mix([kinds[name]() for name in names], rows)


def test_mixed_prompts_are_for_one_batch(base, tmp_path):
    model = base("llama")
    prompt = PromptTuning(model, 5)
    with pytest.raises(CourseError, match="a list of PromptTuning methods"):
        PromptTuning.mix(prompt, [0])
    mixed = PromptTuning.mix([prompt, prompt], [0, 1])
    with mixed.on(model), pytest.raises(CourseError, match="mixed for 2 rows; this batch has 3"):
        mixed.prepare(batch_of())
    with pytest.raises(CourseError, match="Save each of the prompts"):
        mixed.save(tmp_path / "mixed.safetensors")
    assert list(tmp_path.glob("*.safetensors")) == []


@pytest.mark.parametrize("kind", VIRTUAL)
def test_a_text_to_start_from_in_tokens_that_the_model_does_not_know(kind, home, tokenizer):
    size = {"vocab_size": 50, "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2,
            "intermediate_size": 8, "max_position_embeddings": CONTEXT}
    model = BertModel(BertConfig(**size)) if kind is DeepPrompts else LlamaForCausalLM(LlamaConfig(**size))
    with pytest.raises(CourseError, match=r"tokenizer is of another model.*knows 0 to 49"):
        kind(model, init="a good film", tokenizer=tokenizer)


def test_every_file_gives_a_public_method():
    files = {path.stem for path in Path(methods.__file__).parent.glob("*.py")} - {"__init__"}
    assert {kind.__module__.rpartition(".")[2] for kind in ALL} == files
    with pytest.raises(AttributeError, match="no attribute 'Lora'"):
        methods.Lora  # noqa: B018
