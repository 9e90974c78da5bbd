"""The ladder of base models: the shape of each, and the recipe with which it is pretrained.

Causal models are Llama-class decoders: RMSNorm, rotary positions, gated feed-forward, no biases. The encoder
is DistilBERT-class. All tie the output layer to the input embedding; no decoder has a token for the beginning of
a text.
"""
from dataclasses import dataclass

from course_lib.display import course
from course_lib.errors import CourseError, unknown

CONTEXT = 192  # tokens that a model can read at once


@dataclass(frozen=True)
class Recipe:
    """A model's shape and how it is trained: AdamW, linear warm-up, then half a cosine down to a tenth.

    One step reads `rows` rows of `length` tokens. A run keeps its recipe in `recipe.json` and goes on only with
    the same one; the same recipe gives the same text and the same first weights.
    """
    name: str
    kind: str                   # "causal" (next token) or "encoder" (masked tokens)
    width: int                  # d, the size of a hidden state
    layers: int
    heads: int
    feed_forward: int
    tokens: int                 # how much text is read in all
    learning_rate: float        # the peak, reached after the warm-up
    rows: int = 32
    length: int = CONTEXT
    warm_up: int = 100          # steps in which the learning rate rises from 0
    weight_decay: float = 0.1   # on matrices, not on norms and biases
    seed: int = 0
    early: int | None = None    # after so many tokens a copy is kept as NAME-early
    decay: int | None = None    # tokens over which the learning rate falls; None: over the whole run
    short: float | None = None  # share of the steps, at the start, with short rows and as many more of them

    @property
    def tokens_per_step(self) -> int:
        """Tokens in one batch."""
        return self.rows * self.length

    @property
    def steps(self) -> int:
        """Batches in the whole run: the last one is read whole, so a little more than `tokens` may be read."""
        return -(-self.tokens // self.tokens_per_step)

    @property
    def decay_steps(self) -> int:
        """Steps over which the learning rate falls; the run may end before."""
        return -(-(self.decay or self.tokens) // self.tokens_per_step)

    @property
    def short_steps(self) -> int:
        """Steps, at the start, with short rows.

        On long rows alone an encoder stays for millions of tokens at what word frequencies tell: the few places
        that matter to a masked word are hard to find among many. BERT, too, read mostly short rows (Devlin et al.
        2019, appendix A.2).
        """
        return round((self.short or 0) * self.steps)


RECIPES = {recipe.name: recipe for recipe in (
    Recipe("orchard-xs", "causal", width=64, layers=3, heads=4, feed_forward=172, tokens=20_000_000,
           learning_rate=3e-3),
    Recipe("orchard-s", "causal", width=128, layers=4, heads=4, feed_forward=344, tokens=24_000_000,
           learning_rate=3e-3, early=8_000_000, decay=32_000_000),
    Recipe("orchard-m", "causal", width=192, layers=6, heads=6, feed_forward=512, tokens=16_000_000,
           learning_rate=2e-3),
    Recipe("orchard-encoder", "encoder", width=160, layers=4, heads=5, feed_forward=640, tokens=14_000_000,
           learning_rate=1.5e-3, rows=8, length=128, short=0.6),
)}
# Every model that comes with the course: one for each recipe, and the early copies.
SHIPPED = tuple(name for recipe in RECIPES.values()
                for name in (recipe.name, *([f"{recipe.name}-early"] if recipe.early else [])))


def recipe_for(name: str) -> Recipe:
    """The recipe of a model that can be pretrained; CourseError names the nearest ones."""
    if name in RECIPES:
        return RECIPES[name]
    parent = name.removesuffix("-early")
    if parent != name and parent in RECIPES and RECIPES[parent].early:
        raise CourseError(f"{name!r} has no run of its own: it is an early copy from the run of {parent!r}. "
                          f"Use {course(f'pretrain {parent}')}; the copy appears in that run's folder `early`.")
    raise unknown("model to pretrain", name, RECIPES)


def build_model(recipe: Recipe, tokenizer, seed: int | None = None):
    """The recipe's architecture with untrained weights, drawn from `seed` (default: the recipe's).

    The same seed gives the same bits. The caller's random state is left as it was.
    """
    from transformers import DistilBertConfig, DistilBertForMaskedLM, LlamaConfig, LlamaForCausalLM

    from course_lib.models.seeding import seeded
    if recipe.kind == "causal":
        config = LlamaConfig(
            vocab_size=len(tokenizer), hidden_size=recipe.width, num_hidden_layers=recipe.layers,
            num_attention_heads=recipe.heads, num_key_value_heads=recipe.heads,
            intermediate_size=recipe.feed_forward, max_position_embeddings=CONTEXT, tie_word_embeddings=True,
            attention_bias=False, bos_token_id=None, eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id)
        model_class = LlamaForCausalLM
    else:
        config = DistilBertConfig(
            vocab_size=len(tokenizer), dim=recipe.width, n_layers=recipe.layers, n_heads=recipe.heads,
            hidden_dim=recipe.feed_forward, max_position_embeddings=CONTEXT, dropout=0.0,
            attention_dropout=0.0, tie_word_embeddings=True, pad_token_id=tokenizer.pad_token_id)
        model_class = DistilBertForMaskedLM
    with seeded(recipe.seed if seed is None else seed):
        return model_class(config)
