"""Tokenizers of many kinds: what they add, change or lack is known to whatever asks a model, or refused by name."""
import pytest
import torch
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from course_lib.errors import CourseError
from course_lib.evaluation import evaluate, perplexity
from course_lib.methods import LoRA
from course_lib.prompting import complete, next_answers, score_choices
from course_lib.prompting.reading import added, encode_open
from course_lib.prompting.tokens import answer_text, answer_tokens, as_written
from course_lib.training.batches import Batches
from tests.training.small import dataset

TEXT = ["the film is good bad great! label: Paris pome stone fruit\n and a new line\n great!\n good\n"] * 20
SIGNS = ["<s>", "</s>", "<unk>"]
CHOICES = ["good", "Paris", "stone fruit", "great!"]
# Llama 3 and Qwen join punctuation with the newline behind it
JOINING = r"[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"


def bytes_of(normalizer=None, prefix=False, cut=None, around="$A") -> PreTrainedTokenizerFast:
    """A byte-level BPE, as GPT-2, Llama 3 and Qwen have one; `around` is what it adds to a text by itself."""
    bpe = Tokenizer(models.BPE())
    if normalizer:
        bpe.normalizer = normalizer
    parts = [pre_tokenizers.Split(Regex(cut), "isolated")] if cut else []
    bpe.pre_tokenizer = pre_tokenizers.Sequence([*parts, pre_tokenizers.ByteLevel(prefix, use_regex=not cut)])
    bpe.decoder = decoders.ByteLevel()
    bpe.train_from_iterator(TEXT, trainers.BpeTrainer(
        vocab_size=400, special_tokens=SIGNS, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False))
    return fast(bpe, around)


def pieces(around="<s> $A") -> PreTrainedTokenizerFast:
    """As SentencePiece does it for Llama 2: a space before every text, bytes for what is unknown, BOS."""
    bpe = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True))
    bpe.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    bpe.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(),
                                     decoders.Strip(" ", 1, 0)])
    signs = [*SIGNS, *(f"<0x{byte:02X}>" for byte in range(256))]
    bpe.train_from_iterator([text.replace("\n", " ") for text in TEXT],
                            trainers.BpeTrainer(vocab_size=400, special_tokens=signs, show_progress=False))
    return fast(bpe, around)


def words(around="<s> $A </s>") -> PreTrainedTokenizerFast:
    """As BERT has one: words without spaces and newlines between them."""
    known = Tokenizer(models.WordPiece(unk_token="<unk>"))
    known.pre_tokenizer, known.decoder = pre_tokenizers.BertPreTokenizer(), decoders.WordPiece()
    known.train_from_iterator(TEXT, trainers.WordPieceTrainer(special_tokens=SIGNS, show_progress=False))
    return fast(known, around)


def lines() -> PreTrainedTokenizerFast:
    """Whole words and newlines, and one token for all that it does not know."""
    known = Tokenizer(models.WordLevel(unk_token="<unk>"))
    known.pre_tokenizer = pre_tokenizers.Split(Regex(r"\n|\w+|[^\s\w]"), "removed", invert=True)
    known.train_from_iterator(TEXT, trainers.WordLevelTrainer(special_tokens=SIGNS, show_progress=False))
    return fast(known, "$A")


def fast(tokenizer, around):
    tokenizer.post_processor = processors.TemplateProcessing(single=around, special_tokens=[("<s>", 0), ("</s>", 1)])
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", unk_token="<unk>")


KINDS = {"GPT-2's": bytes_of(), "a space before": bytes_of(prefix=True), "Llama 3's": bytes_of(cut=JOINING),
         "small letters": bytes_of(normalizers.Lowercase()), "an end of its own": bytes_of(around="$A </s>"),
         "two ends of its own": bytes_of(cut=JOINING, around="<s> $A </s>"), "Llama 2's": pieces(),
         "Llama 2's with an end": pieces("<s> $A </s>"), "lines": lines()}


def model_of(tokenizer, **more):
    size = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2,
            "max_position_embeddings": 64, "initializer_range": 0.5, "bos_token_id": None, "eos_token_id": 1}
    torch.manual_seed(0)
    return LlamaForCausalLM(LlamaConfig(vocab_size=len(tokenizer) + 9, **size | more)).eval()


@pytest.mark.parametrize("name", KINDS)
def test_an_answer_is_its_own_words_and_a_newline_and_a_prompt_is_open(name):
    """Put together, they say what the text says, and nothing that the tokenizer adds stands in between."""
    tokenizer = KINDS[name]
    tails = answer_tokens(tokenizer, CHOICES)
    assert {tuple(tail).count(tails[0][-1]) for tail in tails} == {1} and tokenizer.decode(tails[0][-1:]) == "\n"
    assert not set(tokenizer.all_special_ids) & {token for tail in tails for token in tail}
    assert [answer_text(tokenizer, tail).replace(" !", "!") for tail in tails] == [
        choice.lower() if name == "small letters" else choice for choice in CHOICES]
    assert as_written(tokenizer, CHOICES) == [answer_text(tokenizer, tail) for tail in tails]
    beginning, end = added(tokenizer)
    assert tokenizer("a film")["input_ids"] == encode_open(tokenizer, ["a film"])[0] + end
    assert encode_open(tokenizer, ["a film"])[0][:len(beginning)] == beginning


@pytest.mark.parametrize("name", KINDS)
def test_what_is_trained_on_is_what_is_asked_for(name):
    """A batch ends with the tokens of the answer, behind those of the open prompt; the end is never in between."""
    tokenizer = KINDS[name]
    model = model_of(tokenizer)
    rows = dataset([("the film is good", "good"), ("the film", "bad")], "{text}\nlabel:", ("good", "bad"))
    data = Batches(model, tokenizer, rows, LoRA(model))
    for place, row in enumerate(rows):
        ids = data.batch([place])["input_ids"][0].tolist()
        assert ids == encode_open(tokenizer, [row["prompt"]])[0] + answer_tokens(tokenizer, [row["answer"]])[0]
        with torch.no_grad():
            logs = model(torch.tensor([ids])).logits[0].log_softmax(-1)
        start = len(ids) - len(data.tails[place])
        sure = sum(logs[at - 1, ids[at]].item() for at in range(start, len(ids)))
        said = score_choices(model, tokenizer, row["prompt"], [row["answer"]], normalise=False)[0]
        assert said == pytest.approx(torch.tensor(sure).exp().item(), rel=1e-4)


def test_a_document_has_the_tokenizers_own_ends_and_has_them_once():
    tokenizer = KINDS["two ends of its own"]
    model, own = model_of(tokenizer), torch.tensor([tokenizer("the film")["input_ids"]])
    with torch.no_grad():
        loss = model(own, labels=own).loss.exp().item()
    assert perplexity(model, tokenizer, ["the film"]) == pytest.approx(loss, rel=1e-4)
    endless = bytes_of()
    endless.eos_token = None
    with pytest.raises(CourseError, match="no token for the end of a text, which is predicted, too. Name it"):
        perplexity(model_of(endless), endless, ["the film"])


@pytest.mark.parametrize("ask", [
    lambda pair: score_choices(*pair, "the film:", ["good", "bad"]), lambda pair: next_answers(*pair, "the film:"),
    lambda pair: Batches(*pair, dataset([("the", "good")], "{text}:"), LoRA(pair[0])),
    lambda pair: evaluate(*pair, dataset([("the", "good")], "{text}:"))])
@pytest.mark.parametrize("build", [words, lambda: bytes_of(normalizers.Strip())])
def test_a_tokenizer_without_newlines_is_refused_where_an_answer_must_end(ask, build):
    tokenizer = build()
    with pytest.raises(CourseError, match="no token for a newline, with which every answer ends here.*num_labels"):
        ask((model_of(tokenizer), tokenizer))


def test_without_newlines_a_head_answers_and_a_text_goes_on_to_its_end():
    tokenizer = words()
    model = model_of(tokenizer)
    rows = dataset([("the film is good", "good"), ("the film", "bad")], "{text}\nlabel:", ("good", "bad"))
    batch = Batches(model, tokenizer, rows, LoRA(model, num_labels=2)).batch([0])
    assert tokenizer.convert_ids_to_tokens(batch["input_ids"][0]) == "<s> the film is good label :".split()
    assert isinstance(complete(model, tokenizer, "the film", 3), str)


@pytest.mark.parametrize("name, choices, said", [
    ("lines", ["good", "wonderful"], "does not know all of the choice 'wonderful': it makes <unk> of it"),
    ("small letters", ["Good", "good"], "makes the same tokens of 'Good' and 'good'"),
    ("GPT-2's", ["good", "</s> bad"], "holds something that is no text for this tokenizer but a sign of its own")])
def test_choices_that_the_tokenizer_cannot_tell_are_refused(name, choices, said):
    tokenizer = KINDS[name]
    with pytest.raises(CourseError, match=said):
        score_choices(model_of(tokenizer), tokenizer, "the film:", choices)


def always(tokenizer, *says, **more):
    """A model that says these tokens one after the other, whatever it reads."""
    model = model_of(tokenizer, **more)
    model.forward = Says(model.forward, list(says))
    return model


class Says:
    def __init__(self, forward, tokens):
        self.forward, self.tokens = forward, tokens

    def __call__(self, *args, **inputs):
        out = self.forward(*args, **inputs)
        out.logits = torch.zeros_like(out.logits)
        out.logits[..., self.tokens.pop(0)] = 9.0
        return out


@pytest.mark.parametrize("eos, wanted", [(1, "good bad great"), (None, "good bad great"), ([1, "bad"], "good"),
                                         ("good", "")])
def test_a_text_ends_where_the_models_generation_settings_say(eos, wanted):
    tokenizer = KINDS["GPT-2's"]
    good, bad, great = (answer_tokens(tokenizer, [word])[0][0] for word in ("good", "bad", "great"))
    number = {"good": good, "bad": bad}
    model = always(tokenizer, good, bad, great)
    ends = [number.get(one, one) for one in eos] if isinstance(eos, list) else number.get(eos, eos)
    model.generation_config.eos_token_id = ends
    assert complete(model, tokenizer, "the film:", 3) == wanted


def test_an_answer_at_whose_middle_the_model_stops_is_refused():
    tokenizer = KINDS["GPT-2's"]
    model = model_of(tokenizer)
    model.generation_config.eos_token_id = [1, answer_tokens(tokenizer, ["stone fruit"])[0][0]]
    with pytest.raises(CourseError, match="stops writing at ' stone'.*the answer 'stone fruit' holds that"):
        evaluate(model, tokenizer, dataset([("the", "stone fruit")], "{text}:"))


def test_punctuation_and_newline_in_one_token_end_an_answer():
    tokenizer = KINDS["Llama 3's"]
    model, joined = model_of(tokenizer), tokenizer.convert_tokens_to_ids("!Ċ")
    great = answer_tokens(tokenizer, ["great"])[0][0]
    assert "\n" in tokenizer.decode([joined])
    assert complete(always(tokenizer, great, joined, great), tokenizer, "the film:", 3) == "great!"
    found = dict(next_answers(model, tokenizer, "the film:", n=10**3, max_tokens=2, width=1000))
    assert all("\n" not in text for text in found)
    prompt = encode_open(tokenizer, ["the film:"])[0]
    with torch.no_grad():
        alone = model(torch.tensor([prompt])).logits[0, -1].softmax(-1)[joined].item()
    assert found["!"] > alone * 0.999


def test_a_token_beyond_the_models_vocabulary_is_refused_and_one_for_padding_does_no_harm():
    tokenizer = bytes_of()
    model = model_of(tokenizer)
    tokenizer.add_tokens([f"word{number}" for number in range(20)])
    with pytest.raises(CourseError, match="tokenizer is of another model: it gives the token"):
        score_choices(model, tokenizer, "the film:", ["word19"])
    with pytest.raises(CourseError, match="tokenizer is of another model"):
        perplexity(model, tokenizer, ["the word19"])
    tokenizer.add_special_tokens({"pad_token": "<pad>"})
    rows = dataset([("the film is good", "good"), ("the", "bad")], "{text}:", ("good", "bad"))
    batch = Batches(model, tokenizer, rows, LoRA(model)).batch([0, 1])
    assert batch["input_ids"].max() < model.config.vocab_size
    assert batch["attention_mask"][1].tolist().count(0) == 3
