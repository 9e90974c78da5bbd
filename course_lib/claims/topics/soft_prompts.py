"""What a soft prompt is: vectors that are no text, trained alone, and swapped for others."""
from dataclasses import replace

import torch
from torch.nn.functional import normalize

from course_lib.claims.claim import CONSTRUCTED, EXPLAINER, GUIDE, Figures, claim, more, same, share
from course_lib.experiments import learn, score, spam_prompt, trained
from course_lib.experiments import soft_prompts as soft
from course_lib.experiments.soft_prompts import QUICK
from course_lib.experiments.tuning import ROWS, best_rate, judged
from course_lib.methods import PromptTuning
from course_lib.models import weights_hash
from course_lib.training.batches import Batches, loss_of

TEXT = "The old bridge stands beside the river and the red boats sleep under it."
PULL = 0.1   # nats for a squared distance of 1 from the text


def nearest(vectors, table):
    """For each vector the cosine to the token nearest to it, and that token: (P,) and (P,)."""
    return (normalize(vectors, dim=1) @ normalize(table, dim=1).T).max(dim=1)  # (P, d) @ (d, V) -> (P, V) -> (P,)


def kept_near(rate: float, seed: int):
    """A prompt that is trained to do the task and to stay near a text that says nothing of it; and that text's."""
    model, tokenizer = QUICK.load(seed)
    prompt = PromptTuning(model, soft.LENGTH, TEXT, tokenizer, seed=seed)
    text = prompt.prompt.detach().clone()                                               # (P, d)
    pull = lambda: PULL * (prompt.prompt - text).pow(2).sum(1).mean()
    learn(model, tokenizer, prompt, QUICK.train_rows(tokenizer, seed), rate, seed, QUICK,
          loss=lambda logits, batch, keys: loss_of(logits, batch["labels"]) + pull())
    return prompt, text


def validated(rate: float, seed: int) -> dict[str, float]:
    """How right it is on validation rows, for the search of a rate."""
    model, tokenizer = QUICK.load(seed)
    rows = replace(QUICK, test=ROWS).test_rows(tokenizer, seed, "validation")
    return judged(model, tokenizer, rows, kept_near(rate, seed)[0])


@claim("C37", "The vectors live in the embedding space and are not text", (EXPLAINER,), lesson="05", tolerance=0.1,
       question="Do the tokens nearest to the vectors do less well in their place? Even where a prompt is kept so near "
                "a text that these tokens are the text?",
       asks={"vectors rather than their nearest tokens": more(lambda f: f["accuracy"] - f["as_text"], 0.05),
             "vectors kept near a text rather than the text": more(lambda f: f["near"] - f["near_as_text"], 0.05)},
       figures=("cosine", "accuracy", "as_text", "near_cosine", "near", "near_as_text", "near_same"))
def not_text(seed: int) -> dict[str, float]:
    """How near trained vectors are to tokens, and what is left when each is replaced by the token nearest to it: of a
    prompt that is free to go anywhere, and of one that is kept near a text. `near_same`: the share of the latter's
    vectors whose nearest token is the text's.
    """
    run = trained(QUICK, soft.SOFT, seed)
    rate = best_rate("a prompt of 20 that is kept near a text, 160 steps on 128 short reviews", validated, 0.03)
    near, text = kept_near(rate, seed)
    table = run.model.get_input_embeddings().weight.detach()
    right = lambda method: score(run.model, run.tokenizer, run.test, method)
    found, tokens, words = {}, {}, soft.SOFT.build(run.model, run.tokenizer, seed)
    for name, prompt in (("", run.method), ("near_", near)):
        cosine, tokens[name] = nearest(prompt.prompt.detach(), table)
        with torch.no_grad():
            words.prompt.copy_(table[tokens[name]])
        found |= {f"{name}cosine": cosine.mean().item(), name[:-1] or "accuracy": right(prompt),
                  f"{name}as_text": right(words)}
    return found | {"near_same": (tokens["near_"] == nearest(text, table)[1]).float().mean().item()}


@not_text.told
def tell_not_text(f: Figures) -> str:
    """Both prompts beside their nearest tokens."""
    return (f"The mean cosine to the nearest token is {f['cosine']}. The vectors are right in {share(f['accuracy'])}; "
            f"the tokens nearest to them, in their place, in {share(f['as_text'])}. Kept near a text about a bridge "
            f"(cosine {f['near_cosine']}; the nearest token is the text's for {share(f['near_same'])} of them), they "
            f"are right in {share(f['near'])}, and these tokens in {share(f['near_as_text'])}.")


@claim("C38", "The backbone is untouched; only the prompt is updated", (EXPLAINER, GUIDE), lesson="05", core=True,
       tolerance=0.0, kind=CONSTRUCTED,
       question="Does any tensor of the model get a gradient, or its hash change, while a prompt is trained?",
       asks={"gradients": same(lambda f: f["others"], 0.5, "tensors of the model"),
             "changes": same(lambda f: f["changed"], 0.5, "hashes that changed")},
       figures=("trained", "others", "changed"))
def untouched(seed: int) -> dict[str, float]:
    """A few steps of training: parameters trained, the model's own with a gradient, and whether its hash changed."""
    model, tokenizer = QUICK.load(seed)
    before, method = weights_hash(model), soft.SOFT.build(model, tokenizer, seed)
    learn(model, tokenizer, method, QUICK.train_rows(tokenizer, seed), 1.0, seed, QUICK, steps=3)
    return {"trained": sum(parameter.numel() for parameter in method.parameters()),
            "others": sum(parameter.grad is not None for parameter in model.parameters()),
            "changed": float(weights_hash(model) != before)}


@untouched.told
def tell_untouched(f: Figures) -> str:
    """What was trained, and what of the model was."""
    return (f"Trained are {f['trained'].mean:,.0f} parameters. Of the model's own tensors {f['others'].mean:.0f} got a "
            f"gradient, and the hash of its weights is {'another one' if f['changed'].mean else 'the same'} after "
            "training.")


@claim("C40", "Swap the prompt to change the task (sentiment, then spam)", (EXPLAINER,), lesson="05", core=True,
       tolerance=0.1,
       question="Does each of two prompts make one frozen model better at its task, in one batch as alone?",
       asks={"reviews, with the prompt": more(lambda f: f["reviews"] - f["bare_reviews"], 0.05),
             "spam, with the prompt": more(lambda f: f["spam"] - f["bare_spam"], 0.05),
             "logits in a mixed batch": same(lambda f: f["apart"], 1e-3, "nats")},
       figures=("bare_reviews", "reviews", "bare_spam", "spam", "apart"))
def swapped(seed: int) -> dict[str, float]:
    """Two tasks, two prompts, one model; and how far the logits of a mixed batch are from those of each prompt alone.

    The spam prompt is the one that comes with the course.
    """
    run = trained(QUICK, soft.SOFT, seed)
    one, two, model = run.method, PromptTuning.load(spam_prompt.FILE, run.model), run.model
    spam = replace(QUICK, task="spam")
    which = [0, 1] * 4
    batch = Batches(model, run.tokenizer, run.test.select(range(8)), one).batch(list(range(8)))
    outs = []
    with torch.no_grad():
        for method in (PromptTuning.mix([one, two], which), one, two):
            with method.on(model):
                outs.append(method.logits(model, batch)[:, -1])                          # (B, V)
    alone = torch.stack([outs[1 + which[row]][row] for row in range(8)])                 # (B, V)
    return {"bare_reviews": soft.bare(seed, QUICK), "reviews": score(model, run.tokenizer, run.test, one),
            "bare_spam": soft.bare(seed, spam), "spam": score(model, run.tokenizer, spam.test_rows(seed=seed), two),
            "apart": (outs[0] - alone).abs().max().item()}


@swapped.told
def tell_swapped(f: Figures) -> str:
    """Both tasks, with their prompts and without."""
    return (f"One frozen model, two prompts: reviews {share(f['reviews'])} right (bare {share(f['bare_reviews'])}), "
            f"spam {share(f['spam'])} (bare {share(f['bare_spam'])}). In a mixed batch each row has its own prompt.")
