"""What the base model can do as it is: write, and not yet solve a task."""
from itertools import islice
from statistics import mean

from course_lib.claims.claim import FAILS, GOOGLE, GUIDE, HOLDS, Figures, Verdict, claim, more, share
from course_lib.evaluation import mean_loss
from course_lib.experiments import Setting, arm, score, trained
from course_lib.experiments.counted import Counted, facts, pronouns
from course_lib.methods import FullFineTuning
from course_lib.models import load_model
from course_lib.prompting import complete
from course_lib.world import documents

ASKED, READ = 100, 10_000  # documents, facts and pronouns that are asked; documents that are counted
TUNED = Setting(labels=1000, draw="first", steps=200, batch=32, test_draw="shuffled")
TUNING = 0.15              # what tuning must add to the bare model


@claim("C01", "A base model knows grammar and writes about what it was trained on", (GOOGLE, GUIDE), lesson="00",
       core=True, figures=("loss", "triples_loss", "pairs_loss", "single_loss", "pronouns", "pronouns_counted",
                           "facts", "facts_counted"),
       question="Does the base model know the next token, agreement and facts better than counts of three tokens?",
       asks={"the next token": more(lambda f: f["triples_loss"] - f["loss"], 0.5, "nats"),
             "pronouns": more(lambda f: f["pronouns"] - f["pronouns_counted"], 0.1),
             "facts": more(lambda f: f["facts"] - f["facts_counted"], 0.1)})
def base_model_writes(seed: int) -> dict[str, float]:
    """The loss on unseen documents, pronouns that agree, and right facts: of the model, and of counts."""
    (model, tokenizer), texts = load_model("orchard-s"), list(islice(documents("validation", seed), ASKED))
    counted, said = Counted(tokenizer, islice(documents("train", seed), READ)), facts(ASKED, seed)
    written = complete(model, tokenizer, [beginning for beginning, _ in said], 8)
    loss, both = lambda text: mean_loss(model, tokenizer, [text]), pronouns(ASKED, seed)
    return {"loss": mean_loss(model, tokenizer, texts),
            **{f"{name}_loss": mean(sum((counted.losses(text, n) for text in texts), []))
               for n, name in ((3, "triples"), (2, "pairs"), (1, "single"))},
            "pronouns": mean(loss(right) < loss(wrong) for right, wrong in both),
            "pronouns_counted": mean(sum(counted.losses(right)) < sum(counted.losses(wrong)) for right, wrong in both),
            "facts": mean(text.startswith(f"{value}.") for text, (_, value) in zip(written, said)),
            "facts_counted": mean(counted.write(beginning).startswith(f"{value}.") for beginning, value in said)}


@base_model_writes.told
def tell_base_model_writes(f: Figures) -> str:
    """The losses, and the shares of the model beside those of counts."""
    return (f"On unseen documents the model's loss is {f['loss']} nats a token; counts of three tokens have "
            f"{f['triples_loss']}, of two {f['pairs_loss']}, of one {f['single_loss']}. A pronoun agrees with the name "
            f"before it in {share(f['pronouns'])}, by counts in {share(f['pronouns_counted'])}; a fact that it "
            f"writes is true in {share(f['facts'])}, by counts in {share(f['facts_counted'])}.")


@claim("C02", "Writing text is not yet solving a task: the base model is a platform, not a solution", (GOOGLE,),
       lesson="01", tolerance=0.1, figures=("chance", "base", "tuned"))
def review_labels(seed: int) -> dict[str, float]:
    """Choosing between the label words of 200 reviews: guessing, the bare model, and tuned on 1,000 labels."""
    run = trained(TUNED, arm(FullFineTuning, 1e-3), seed)
    base, tuned = (score(run.model, run.tokenizer, run.test, one) for one in (None, run.method))
    return {"chance": 1 / len(run.test.features["label"].names), "base": base, "tuned": tuned}


@review_labels.judged
def judge_review_labels(f: Figures) -> Verdict:
    """Holds where tuning adds 15 points or more (`TUNING`)."""
    because = (f"Choosing between two label words, the bare model is right in {share(f['base'])} of the reviews, "
               f"guessing in {share(f['chance'])}, and after fine-tuning in {share(f['tuned'])}. The words are the "
               f"task's own, which no text of pretraining used so; C101 searches better ones.")
    if f["tuned"].mean - f["base"].mean >= TUNING:
        return Verdict(HOLDS, because)
    return Verdict(FAILS, because + " Fine-tuning adds little.")
