"""What the base model can do as it is: write, and not yet solve a task."""
from itertools import islice
from statistics import mean

from course_lib.claims.claim import GOOGLE, GUIDE, Figures, claim, more, share
from course_lib.evaluation import mean_loss
from course_lib.experiments import Setting, score, trained
from course_lib.experiments.counted import Counted, facts, pronouns
from course_lib.experiments.fine_tuning import FULL
from course_lib.experiments.labels import right_share
from course_lib.models import load_model
from course_lib.prompting import complete
from course_lib.prompting.search import margins, search
from course_lib.world import documents

ASKED, READ = 100, 10_000  # documents, facts and pronouns that are asked; documents that are counted
LABELLED = Setting(labels=64, draw="short", test=400, test_draw="shuffled")


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
       lesson="01", tolerance=0.1, figures=("given", "found", "tuned"),
       turned="It held: the task's own label words were the only prompt. One that is searched on as many labels comes "
              "so close that five seeds cannot tell.",
       question="Is the bare model, prompted, behind the same model after training on 64 labels?",
       asks={"with the task's own prompt": more(lambda f: f["tuned"] - f["given"], 0.05),
             "with a prompt searched on as many labels": more(lambda f: f["tuned"] - f["found"], 0.05)})
def review_labels(seed: int) -> dict[str, float]:
    """Right labels of 400 reviews: with the task's prompt, with one that was searched, and tuned on as many labels."""
    run = trained(LABELLED, FULL, seed)
    prompt = search(run.model, run.tokenizer, LABELLED.train_rows(run.tokenizer, seed))[0]
    side = margins(run.model, run.tokenizer, run.test["text"][:], prompt).sign()
    return {"given": score(run.model, run.tokenizer, run.test), "found": right_share(side, run.test["label"][:]),
            "tuned": score(run.model, run.tokenizer, run.test, run.method)}


@review_labels.told
def tell_review_labels(f: Figures) -> str:
    """The three shares."""
    return (f"Of 400 reviews the bare model labels {share(f['given'])} rightly with the task's own prompt, and "
            f"{share(f['found'])} with a prompt that was searched on {LABELLED.labels} labelled ones; trained on "
            f"those, {share(f['tuned'])}.")
