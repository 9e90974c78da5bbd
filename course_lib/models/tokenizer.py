"""The tokenizer: one byte-level BPE of 2,048 tokens for all models, trained on the world's own text.

Text is first cut into pieces, and no token ever crosses a cut:
- a colon and a newline are always tokens of their own. In `peach: drupe⏎apple:` the answer then begins and ends
  at a token's border, so whole answers can be scored;
- a digit is a token of its own, with the space before it if there is one;
- a word keeps the space before it, so ` apple` and `apple` (at the start of a line) are different tokens.
Everything is UTF-8 bytes in the end, so any text can be written and read back, known or not.
"""
from collections.abc import Iterator
from itertools import islice

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

from course_lib.models.configs import CONTEXT

VOCABULARY = 2048
DOCUMENTS = 30_000   # documents of the corpus that the merges are learned from
END, PAD = "<|end|>", "<|pad|>"
CLS, SEP, MASK = "[CLS]", "[SEP]", "[MASK]"

PIECES = (r"\n|:"                           # a newline, a colon
          r"| ?\p{N}"                       # one digit
          r"|'(?:s|t|re|ve|m|ll|d)\b"       # what follows an apostrophe
          r"| ?[\p{L}\p{M}]+"               # a word
          r"| ?[^\s\p{L}\p{M}\p{N}:]+"      # punctuation
          r"|[^\S\n]+(?!\S)|[^\S\n]+")      # other white space


def train_tokenizer(documents: Iterator[str], count: int = DOCUMENTS) -> PreTrainedTokenizerFast:
    """The BPE learned from the first `count` documents; the same documents give the same tokenizer.

    A line's first word gets the space that it would have inside a sentence, so "apple" is the same tokens
    wherever it stands; decoding takes that space away again (and with it a space that a line really began with).
    There is no token for the beginning of a text. Padding stays on the right, the library's default: training
    wants that, and whoever generates for several prompts at once sets `padding_side` for that call.
    """
    bpe = Tokenizer(models.BPE())
    bpe.normalizer = normalizers.Sequence([
        normalizers.Replace(Regex(r"\n(?=\S)"), "\n "), normalizers.Prepend(" "),
        normalizers.Replace(Regex(r"\A  +"), " ")])
    bpe.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(PIECES), behavior="isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    bpe.decoder = decoders.Sequence([
        decoders.ByteLevel(), decoders.Replace("\n ", "\n"), decoders.Strip(" ", 1, 0)])
    bpe.train_from_iterator(islice(documents, count), trainers.BpeTrainer(
        vocab_size=VOCABULARY, special_tokens=[END, PAD], show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    return PreTrainedTokenizerFast(
        tokenizer_object=bpe, eos_token=END, pad_token=PAD, model_max_length=CONTEXT,
        model_input_names=["input_ids", "attention_mask"], clean_up_tokenization_spaces=False)


def encoder_tokenizer(base: PreTrainedTokenizerFast) -> PreTrainedTokenizerFast:
    """The same BPE with [CLS], [SEP] and [MASK]: `[CLS] text [SEP]`, and a pair is `[CLS] a [SEP] b [SEP]`."""
    bpe = Tokenizer.from_str(base.backend_tokenizer.to_str())
    bpe.add_special_tokens([CLS, SEP, MASK])
    bpe.post_processor = processors.TemplateProcessing(
        single=f"{CLS} $A {SEP}", pair=f"{CLS} $A {SEP} $B {SEP}",
        special_tokens=[(CLS, bpe.token_to_id(CLS)), (SEP, bpe.token_to_id(SEP))])
    return PreTrainedTokenizerFast(
        tokenizer_object=bpe, cls_token=CLS, sep_token=SEP, mask_token=MASK, pad_token=PAD,
        model_max_length=CONTEXT, model_input_names=["input_ids", "attention_mask"],
        clean_up_tokenization_spaces=False)


def tokenizer_for(kind: str, documents: Iterator[str], count: int = DOCUMENTS) -> PreTrainedTokenizerFast:
    """The tokenizer of a causal model or of an encoder, trained on these documents."""
    tokenizer = train_tokenizer(documents, count)
    return tokenizer if kind == "causal" else encoder_tokenizer(tokenizer)
