"""What the base model can do as it is: write, and not yet solve a task."""
from itertools import islice

from course_lib.claims.claim import FAILS, GOOGLE, GUIDE, HOLDS, Figures, Verdict, claim, share
from course_lib.evaluation import perplexity, unigram_perplexity
from course_lib.experiments import Setting, arm, score, trained
from course_lib.methods import FullFineTuning
from course_lib.models import load_model
from course_lib.world import documents

DOCUMENTS = 200  # of unseen text; word frequencies are counted in ten times as many others
TIMES = 5        # word frequencies alone must be so many times as unsure as the model
TUNED = Setting(labels=1000, draw="first", steps=200, batch=32, test_draw="shuffled")
TUNING = 0.15    # what tuning must add to the bare model


@claim("C01", "A base model knows grammar and writes about what it was trained on", (GOOGLE, GUIDE), lesson="00",
       core=True, tolerance=0.02, figures=("perplexity", "unigram_perplexity", "untrained_perplexity"))
def base_model_writes(seed: int) -> dict[str, float]:
    """Perplexity on documents that training never saw, for the trained, the untrained and the unigram model."""
    texts = list(islice(documents("validation", seed), DOCUMENTS))
    seen = list(islice(documents("train", seed), 10 * DOCUMENTS))
    model, tokenizer = load_model("orchard-s")
    untrained, _ = load_model("orchard-s", random=True, seed=seed)
    return {
        "perplexity": perplexity(model, tokenizer, texts),
        "unigram_perplexity": unigram_perplexity(tokenizer, seen, texts),
        "untrained_perplexity": perplexity(untrained, tokenizer, texts),
    }


@base_model_writes.judged
def judge_base_model_writes(f: Figures) -> Verdict:
    """Holds where word frequencies alone are at least five times (`TIMES`) as unsure."""
    because = (f"On unseen documents the base model's perplexity is {f['perplexity']}; with word frequencies "
               f"alone it is {f['unigram_perplexity']}, and untrained it is {f['untrained_perplexity']}.")
    if f["unigram_perplexity"].mean >= TIMES * f["perplexity"].mean:
        return Verdict(HOLDS, because)
    return Verdict(FAILS, because + " It has learned little beyond which words are frequent.")


@claim("C02", "Writing text is not yet solving a task: the base model is a platform, not a solution", (GOOGLE,),
       lesson="01", core=True, tolerance=0.1, figures=("chance", "base", "tuned"))
def review_labels(seed: int) -> dict[str, float]:
    """Choosing between the label words of 200 reviews: guessing, the bare model, and tuned on 1,000 labels."""
    run = trained(TUNED, arm(FullFineTuning, 1e-3), seed)
    base, tuned = (score(run.model, run.tokenizer, run.test, one) for one in (None, run.method))
    return {"chance": 1 / len(run.test.features["label"].names), "base": base, "tuned": tuned}


@review_labels.judged
def judge_review_labels(f: Figures) -> Verdict:
    """Holds where tuning adds 15 points or more (`TUNING`)."""
    because = (f"Choosing between two label words, the bare model is right in {share(f['base'])} of the reviews, "
               f"guessing in {share(f['chance'])}, and after fine-tuning in {share(f['tuned'])}.")
    if f["tuned"].mean - f["base"].mean >= TUNING:
        return Verdict(HOLDS, because)
    return Verdict(FAILS, because + " Fine-tuning adds little.")
