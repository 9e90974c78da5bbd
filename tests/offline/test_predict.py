"""`predict` says what each prompt alone gives, whatever is shared, padded and batched; each distinct prompt once."""
import copy

import pytest
import torch

from course_lib import load_model
from course_lib.bench import offline as bench
from course_lib.errors import CourseError
from course_lib.methods import Interchange, LoRA, LoReFT, PrefixTuning, PromptTuning
from course_lib.methods.base.method import Method
from course_lib.offline import Cache, flips, predict, predictor, writer
from course_lib.offline.generating import can_share
from course_lib.prompting import complete
from course_lib.prompting.reading import encode_open
from course_lib.prompting.tokens import answer_text, stop_tokens
from tests.methods.tiny_models import METHODS, Case
from tests.offline.conftest import HEAD
from tests.tiny import tiny_model

KINDS = ("llama", "gpt2", "qwen3", "gemma3_text", "mistral")


def windowed(kind: str, vocabulary: int, window: int):
    """A random decoder whose blocks look back over a window, where there is one."""
    import transformers

    names = {"qwen3": ("Qwen3Config", "Qwen3ForCausalLM"), "mistral": ("MistralConfig", "MistralForCausalLM"),
             "gemma3_text": ("Gemma3TextConfig", "Gemma3ForCausalLM")}
    config, model = (getattr(transformers, name) for name in names[kind])
    more = {} if kind == "qwen3" else {"sliding_window": window, "tie_word_embeddings": False}
    given = config(vocab_size=vocabulary, hidden_size=16, intermediate_size=24, num_hidden_layers=2, head_dim=4,
                   num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=96, initializer_range=0.7,
                   bos_token_id=None, eos_token_id=0, pad_token_id=1, **more)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return model(given).eval()


def decoder(kind: str, tokenizer, window: int = 96):
    if kind in ("llama", "gpt2"):
        return tiny_model(kind, len(tokenizer), spread=0.7, context=96)
    return windowed(kind, len(tokenizer), window)


def alone(model, tokenizer, prompts: list[str], most: int) -> list[str]:
    """transformers' `generate` for each prompt alone."""
    stops, found = stop_tokens(model, tokenizer), []
    for prompt in prompts:
        ids = torch.tensor(encode_open(tokenizer, [prompt]))
        new = model.generate(input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=most, do_sample=False,
                             eos_token_id=stops, pad_token_id=1)[0, ids.shape[1]:]
        found.append(answer_text(tokenizer, new.tolist(), stops))
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_the_answers_are_those_of_generate_alone_in_order(kind, tokenizer, prompts):
    model = decoder(kind, tokenizer).double()               # there no two tokens are as good as equally probable
    found = predict(model, tokenizer, prompts, batch_size=5, max_new_tokens=7)
    assert found == alone(model, tokenizer, prompts, 7) and len(set(found)) > len(prompts) / 3


@pytest.mark.parametrize("kind", ["mistral", "gemma3_text"])
def test_a_short_window_is_read_without_sharing(kind, tokenizer, prompts):
    model = decoder(kind, tokenizer, window=9).double()
    assert not can_share(model, None, 60) and can_share(model, None, 9)
    assert predict(model, tokenizer, prompts, batch_size=5, max_new_tokens=7) == alone(model, tokenizer, prompts, 7)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_sharing_changes_nothing_but_near_ties(small, prompts, dtype, monkeypatch):
    model, tokenizer = copy.deepcopy(small[0]).to(dtype), small[1]
    shared = predict(model, tokenizer, prompts, max_new_tokens=8)
    monkeypatch.setattr(predictor, "can_share", lambda *_: False)
    plain = predict(model, tokenizer, prompts, max_new_tokens=8)
    found = flips(model, tokenizer, prompts, shared, plain)
    assert not found.others and (dtype == torch.float32 or not found.differ)


def shaken(method: Method) -> Method:
    """The method as after training: every parameter somewhere else."""
    with torch.no_grad():
        for number, parameter in enumerate(method.parameters()):
            parameter += 0.3 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(number))
    return method


NAMES = [name for name in METHODS if not name.startswith(("deep", "interchange", "probe", "bitfit"))
         and name[-4:] != "text"]


@pytest.mark.parametrize("name", NAMES)
def test_every_method_answers_as_it_does_alone(name, tokenizer, prompts):
    model = tiny_model("llama", len(tokenizer), spread=0.5, context=96, blocks=3, width=32)
    case = Case("llama", name)
    method = shaken(case.build(model, tokenizer))
    if name == "steering":
        method.vector += torch.randn(method.vector.shape, generator=torch.Generator().manual_seed(0))
    few = prompts[:8] + prompts[-9:]
    found = predict(model, tokenizer, few, method, batch_size=4, max_new_tokens=6)
    one = [complete(model, tokenizer, prompt, 6, method) for prompt in few]
    assert not flips(model, tokenizer, few, found, one, method).others
    assert found != predict(model, tokenizer, few, batch_size=4, max_new_tokens=6)


def test_what_a_prefix_is_shared_with(small, tokenizer, prompts, monkeypatch):
    """Prefixes are shared with every method but those that edit places of the whole prompt."""
    monkeypatch.setattr("course_lib.offline.planning.PASS", 0)
    model, read = small[0], []
    before = writer.read_prefix
    monkeypatch.setattr(writer, "read_prefix", lambda *given: read.append(given[2]) or before(*given))
    class Mine(LoRA):
        """Nobody knows what it does."""
    for method, shares in ((None, True), (LoRA(model), True), (PromptTuning(model, 3), True),
                           (PrefixTuning(model, 3), True), (LoReFT(model), False), (Mine(model), False)):
        read.clear()
        predict(model, tokenizer, prompts * 3, method, max_new_tokens=3)
        assert bool(read) == shares
    assert len(tokenizer(HEAD)["input_ids"]) > 10


def test_each_distinct_prompt_is_computed_once(small, prompts, monkeypatch):
    computed = []
    before = writer.generate
    monkeypatch.setattr(writer, "generate",
                        lambda model, rows, *more: computed.extend(map(tuple, rows)) or before(model, rows, *more))
    found = predict(*small, prompts * 2, max_new_tokens=4, batch_size=7)
    assert found == found[:len(prompts)] * 2
    assert len(computed) == len(set(computed)) == len(set(prompts))


def test_the_end_of_an_answer():
    model, tokenizer = load_model("orchard-xs")       # after a line it writes another one
    prompts = ["peach: drupe\napple:", "plum: drupe\npear:"]
    short, whole = (predict(model, tokenizer, prompts, max_new_tokens=24, until=until) for until in ("newline", "end"))
    assert all(one.split("\n")[0].strip() == other for one, other in zip(whole, short))
    assert any(len(one) > len(other) for one, other in zip(whole, short))
    with pytest.raises(CourseError, match="no place where an answer ends called 'ned'. Did you mean 'end'"):
        predict(model, tokenizer, prompts, until="ned")


@pytest.mark.parametrize("prompts, words", [
    ("one text", "list of texts"), (["a", 7], "Prompt 1 has no answer: the prompt is 7, which is no text"),
    (["a", " "], "Prompt 1 .* is empty"), (["a", None], "is missing"), (["\ud800"], "half of a character"),
    (["a"] * 3 + ["word " * 200], "Prompt 3 .* 201 tokens, and with 16 for the answer this model reads at most 80")])
def test_a_prompt_that_cannot_be_read_is_named(small, prompts, words):
    with pytest.raises(CourseError, match=words):
        predict(*small, prompts)


def test_what_cannot_be_sure_is_refused(small, tokenizer):
    model = copy.deepcopy(small[0])
    lora, encoder = LoRA(model), tiny_model("bert", len(tokenizer), spread=0.5, context=64)
    for given, method, words in (
            (encoder, None, "BertModel has no output layer"), (model, Interchange(model), "needs another text"),
            (model, LoRA(model, num_labels=2), "names a class"), (model, "lora", "one of course_lib.methods"),
            (model, PromptTuning.mix([PromptTuning(model)], [0]), "batches of its own"),
            (small[0], LoRA(tiny_model("llama", len(tokenizer), spread=0.7, context=96, seed=1)), "another base")):
        with pytest.raises(CourseError, match=words):
            predict(given, tokenizer, ["a"], method)
    with lora.on(model), pytest.raises(CourseError, match="LoRA is attached"):
        predict(model, tokenizer, ["a"])
    model(torch.tensor([[5]]), output_hidden_states=True)  # transformers leaves hooks there, which only look on
    assert predict(model, tokenizer, ["a"]) == predict(*small, ["a"])
    handle = model.model.layers[0].register_forward_hook(lambda *_: None)
    with pytest.raises(CourseError, match="layers.0 has a hook"):
        predict(model, tokenizer, ["a"])
    handle.remove()
    model.model.layers[0].forward = model.model.layers[0].forward
    with pytest.raises(CourseError, match="`forward` of its own"):
        predict(model, tokenizer, ["a"])
    for number, name in ((0, "batch_size"), (0, "max_new_tokens"), (96, "max_new_tokens")):
        with pytest.raises(CourseError, match=name):
            predict(*small, ["a"], **{name: number})


def test_what_is_no_number_gives_no_answer(small, tokenizer):
    model = copy.deepcopy(small[0])
    lora = LoRA(model)
    lora.B[0].data.fill_(float("nan"))
    with pytest.raises(CourseError, match="The method holds nan or inf in B.0"):
        predict(model, tokenizer, ["a b"], lora)
    model.model.layers[0].mlp.down_proj.weight.data *= 1e38
    with pytest.raises(CourseError, match="says nan"):
        predict(model, tokenizer, ["a b"])
    model.model.layers[0].mlp.down_proj.weight.data *= 1e38
    with pytest.raises(CourseError, match="The model holds nan or inf in model.layers.0.mlp.down_proj.weight"):
        predict(model, tokenizer, ["a b"])


def test_flips_tell_a_tie_from_an_error(small, prompts):
    model, tokenizer = small
    some = list(dict.fromkeys(prompts))[:6]
    right = predict(model, tokenizer, some, max_new_tokens=6)
    wrong = [right[0], "something else", *right[2:]]
    found = flips(model, tokenizer, some, right, wrong)
    assert found.compared == 6 and [flip.place for flip in found.others] == [1] and not found.ties
    assert "1 of 6 answers differ: 0 at a near tie" in str(found)
    assert len(flips(model, tokenizer, some, right, wrong, near=1e9).ties) == 1
    with pytest.raises(CourseError, match="three lists"):
        flips(model, tokenizer, some, right, wrong[:-1])


def test_the_margin_of_a_tie_is_that_of_its_token(tokenizer):
    """Two rows of the output are alike but for a hair: the model says one or the other of their tokens."""
    model = tiny_model("llama", len(tokenizer), spread=0.7, context=96, tied=False)
    one, other = (tokenizer(word)["input_ids"][0] for word in ("good", "bad"))
    weight = model.lm_head.weight.data
    weight[one] = 50 * torch.sign(model(torch.tensor([tokenizer("a film")["input_ids"]]), output_hidden_states=True
                                        ).hidden_states[-1][0, -1].detach())
    weight[other] = weight[one] * (1 - 1e-7)
    words = [tokenizer.decode([token]).strip() for token in (one, other)]
    found = flips(model, tokenizer, ["a film"], [f"{words[0]} x"], [f"{words[1]} x"])
    assert [flip.step for flip in found.ties] == [0] and found.ties[0].margin < 1e-3


def test_a_cache_of_another_model_is_not_used(small, prompts, tmp_path):
    model, tokenizer = small
    other = tiny_model("llama", len(tokenizer), spread=0.7, context=96, seed=5)
    path = tmp_path / "cache"
    first, second = (predict(one, tokenizer, prompts, max_new_tokens=5, cache=path) for one in (model, other))
    assert first == predict(model, tokenizer, prompts, max_new_tokens=5) != second
    assert second == predict(other, tokenizer, prompts, max_new_tokens=5)
    with Cache(path) as cache:
        assert len(cache) == 2 * len(set(prompts))


def test_what_the_batch_size_changes_is_near_ties():
    """No batch size is in the key: two hundred answers of a real model, by three of them."""
    model, tokenizer = load_model("orchard-s")
    prompts = bench.words(100) + bench.questions(100)
    alone, *others = (predict(model, tokenizer, prompts, batch_size=size, max_new_tokens=8) for size in (1, 8, 32))
    for size, found in zip((8, 32), others):
        between = flips(model, tokenizer, prompts, alone, found)
        print(f"batches of {size} and of 1: {between}")
        assert between.compared == 200 and not between.others and between.near <= 1e-3
