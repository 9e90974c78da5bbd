"""Out of distribution: gadgets, of which no label told; and the same reviews, asked in the base's own way.

In that other question the base is right nearly always, and no row of the training is written so: what a training costs
of it, it costs of what the base could do.
"""
from dataclasses import replace

from course_lib.evaluation import old_domain_loss
from course_lib.experiments import near_and_far, tuning
from course_lib.experiments.labels import right_share
from course_lib.experiments.run import trained
from course_lib.experiments.setting import Setting, score
from course_lib.merging import wise_ft
from course_lib.prompting.search import Prompt, margins, search
from course_lib.world import load_task

SETTING = replace(near_and_far.NEAR, test=300)
LENGTHS = (20, 40, 80)                       # steps of training
ALPHAS = (0.0, 0.25, 0.5, 0.75, 1.0)         # on the line from the base to the tuned model
SEARCHED, DOCUMENTS = 64, 40                 # validation rows for the other question; documents of old text


def other_question(model, tokenizer, seed: int) -> Prompt:
    """A prompt to which the base answers well: searched on validation rows, before anything is trained."""
    rows = load_task("reviews")["validation"].shuffle(seed=seed).select(range(SEARCHED))
    return search(model, tokenizer, rows)[0]


def looked_at(model, tokenizer, method, rows, gadgets, prompt: Prompt) -> dict[str, float]:
    """{"own", "gadgets", "asked", "old"}: right answers to these rows, to reviews of gadgets, and to the rows by the
    other question; the loss on old text.
    """
    with method.on(model):
        side = margins(model, tokenizer, rows["text"][:], prompt).sign()
    return {"own": score(model, tokenizer, rows, method), "gadgets": score(model, tokenizer, gadgets, method),
            "asked": right_share(side, rows["label"][:]),
            "old": old_domain_loss(model, tokenizer, method, n_documents=DOCUMENTS)}


def full(steps: int, seed: int, slower: int = 0):
    """The run of full fine-tuning at the rate that is best on the task, or at one `slower` places below it."""
    one = tuning.slower(tuning.tuned(near_and_far.NEAR, near_and_far.FULL), slower)
    return trained(replace(SETTING, steps=steps), one, seed)


def looks(seed: int, setting: Setting = SETTING) -> dict[str, float]:
    """What is right, by steps and along the line: keys such as "own_20" and "own_at_0.5"; "own_gentle" is the run at a
    tenth of the rate, which nothing was interpolated of.
    """
    last = full(LENGTHS[-1], seed)
    model, tokenizer, rows = last.model, last.tokenizer, last.test
    gadgets = replace(setting, test_draw="shuffled").test_rows(tokenizer, seed, "shifted")
    prompt = other_question(model, tokenizer, seed)
    methods = {f"at_{alpha:g}": wise_ft(model, last.method, alpha) for alpha in ALPHAS}
    methods |= {str(steps): full(steps, seed).method for steps in LENGTHS[:-1]}
    methods["gentle"] = full(LENGTHS[-1], seed, slower=2).method
    return {f"{what}_{name}": value for name, method in methods.items()
            for what, value in looked_at(model, tokenizer, method, rows, gadgets, prompt).items()}
