"""What lesson 00 measures."""
from itertools import islice

from course_lib import models  # torch comes with its first use, so that listing claims does not wait for it
from course_lib.claims import FAILS, HOLDS, Claim, Figure, Verdict
from course_lib.world import documents

TIMES = 5  # word frequencies alone must be so many times as unsure as the model


def base_model_writes(seed: int, n_documents: int = 200) -> dict[str, float]:
    """Perplexity on documents that training never saw, for the trained, the untrained and the unigram model."""
    from course_lib.evaluation import perplexity, unigram_perplexity

    texts = list(islice(documents("validation", seed), n_documents))
    seen = list(islice(documents("train", seed), 10 * n_documents))
    model, tokenizer = models.load_model("orchard-s")
    untrained, _ = models.load_model("orchard-s", random=True, seed=seed)
    return {
        "perplexity": perplexity(model, tokenizer, texts),
        "unigram_perplexity": unigram_perplexity(tokenizer, seen, texts),
        "untrained_perplexity": perplexity(untrained, tokenizer, texts),
    }


def judge_base_model_writes(f: dict[str, Figure]) -> Verdict:
    """Holds where word frequencies alone are at least five times (`TIMES`) as unsure."""
    because = (f"On unseen documents the base model's perplexity is {f['perplexity']}; with word frequencies "
               f"alone it is {f['unigram_perplexity']}, and untrained it is {f['untrained_perplexity']}.")
    if f["unigram_perplexity"].mean >= TIMES * f["perplexity"].mean:
        return Verdict(HOLDS, because)
    return Verdict(FAILS, because + " It has learned little beyond which words are frequent.")


CLAIMS = [
    Claim("C01", "A base model knows grammar and writes about what it was trained on",
          ("Google MLCC", "Unite.AI guide"), ("perplexity", "unigram_perplexity", "untrained_perplexity"),
          base_model_writes, judge_base_model_writes, core=True, tolerance=0.02),
]
