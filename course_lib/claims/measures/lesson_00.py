"""What lesson 00 measures."""
from itertools import islice

from course_lib import models
from course_lib.evaluation import perplexity, unigram_perplexity
from course_lib.world import documents


def base_model_writes(seed: int, n_documents: int = 200) -> dict[str, float]:
    """Perplexity on documents that training never saw, for the trained, the untrained and the unigram model."""
    texts = list(islice(documents("validation", seed), n_documents))
    seen = list(islice(documents("train", seed), 10 * n_documents))
    model, tokenizer = models.load_model("orchard-s")
    untrained, _ = models.load_model("orchard-s", random=True, seed=seed)
    return {
        "perplexity": perplexity(model, tokenizer, texts),
        "unigram_perplexity": unigram_perplexity(tokenizer, seen, texts),
        "untrained_perplexity": perplexity(untrained, tokenizer, texts),
    }
