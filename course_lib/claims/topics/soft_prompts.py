"""What a soft prompt is: vectors that are no text, trained alone, and swapped for others."""
import torch
from torch.nn.functional import normalize

from course_lib.claims.claim import (
    CONSTRUCTED,
    EXPLAINER,
    FAILS,
    GUIDE,
    HOLDS,
    LIMITED,
    Figures,
    Verdict,
    claim,
    same,
    share,
)
from course_lib.experiments import learn, score, spam_prompt, trained
from course_lib.experiments import soft_prompts as soft
from course_lib.experiments.draws import shuffled
from course_lib.experiments.soft_prompts import CLEAR, CLOSE
from course_lib.methods import PromptTuning
from course_lib.models import weights_hash
from course_lib.training.batches import Batches
from course_lib.world import load_task

TOKEN = 0.9  # a vector with a higher cosine to a token is that token, about


def nearest(vectors, table):
    """For each vector the cosine to the token nearest to it, and that token: (P,) and (P,)."""
    return (normalize(vectors, dim=1) @ normalize(table, dim=1).T).max(dim=1)  # (P, d) @ (d, V) -> (P, V) -> (P,)


@claim("C37", "The vectors live in the embedding space and are not text", (EXPLAINER,), lesson="05", core=True,
       tolerance=0.2, figures=("cosine", "cosine_labels", "accuracy", "as_text"))
def not_text(seed: int) -> dict[str, float]:
    """How near trained vectors are to tokens, and what is left when each is replaced by the token nearest to it."""
    run = trained(soft.SETTING, soft.PROMPT, seed)
    labels = trained(soft.SETTING, soft.starting("negative positive"), seed).method
    table = run.model.get_input_embeddings().weight.detach()
    cosine, tokens = nearest(run.method.prompt.detach(), table)
    as_text = soft.PROMPT.build(run.model, run.tokenizer, seed)
    with torch.no_grad():
        as_text.prompt.copy_(table[tokens])
    right = lambda method: score(run.model, run.tokenizer, run.test, method)
    return {"cosine": cosine.mean().item(), "cosine_labels": nearest(labels.prompt.detach(), table)[0].mean().item(),
            "accuracy": right(run.method), "as_text": right(as_text)}


@not_text.judged
def judge_not_text(f: Figures) -> Verdict:
    """Holds where the vectors are no tokens (`TOKEN`) and their nearest tokens do not do their work (`CLOSE`)."""
    because = (f"The mean cosine to the nearest token is {f['cosine']}; started from the label words it is "
               f"{f['cosine_labels']}. The vectors are right in {share(f['accuracy'])}; the tokens nearest to them, "
               f"in their place, in {share(f['as_text'])}.")
    away, needed = f["cosine"].mean < TOKEN, f["accuracy"].mean - f["as_text"].mean > CLOSE
    if away and needed:
        return Verdict(HOLDS, because)
    if away or needed:
        return Verdict(LIMITED, because + (" They are no tokens, but tokens do as well." if away else
                                           " They are close to tokens, and yet more than those."))
    return Verdict(FAILS, because + " They could as well be text.")


@claim("C38", "The backbone is untouched; only the prompt is updated", (EXPLAINER, GUIDE), lesson="05", core=True,
       tolerance=0.0, kind=CONSTRUCTED,
       question="Does any tensor of the model get a gradient, or its hash change, while a prompt is trained?",
       asks={"gradients": same(lambda f: f["others"], 0.5, "tensors of the model"),
             "changes": same(lambda f: f["changed"], 0.5, "hashes that changed")},
       figures=("trained", "others", "changed"))
def untouched(seed: int) -> dict[str, float]:
    """A few steps of training: parameters trained, the model's own with a gradient, and whether its hash changed."""
    model, tokenizer = soft.QUICK.load(seed)
    before, method = weights_hash(model), soft.SOFT.build(model, tokenizer, seed)
    learn(model, tokenizer, method, soft.QUICK.train_rows(tokenizer, seed), 1.0, seed, soft.QUICK, steps=3)
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
       tolerance=0.2, figures=("bare_reviews", "reviews", "bare_spam", "spam", "apart"))
def swapped(seed: int) -> dict[str, float]:
    """Two tasks, two prompts, one model; and how far the logits of a mixed batch are from those of each prompt alone.

    The spam prompt is the one that comes with the course.
    """
    run = trained(soft.SETTING, soft.PROMPT, seed)
    one, two, model = run.method, PromptTuning.load(spam_prompt.FILE, run.model), run.model
    spam_rows = shuffled(load_task("spam")["test"], len(run.test), seed=seed)
    which = [0, 1] * 4
    batch = Batches(model, run.tokenizer, run.test.select(range(8)), one).batch(list(range(8)))
    outs = []
    with torch.no_grad():
        for method in (PromptTuning.mix([one, two], which), one, two):
            with method.on(model):
                outs.append(method.logits(model, batch)[:, -1])                          # (B, V)
    alone = torch.stack([outs[1 + which[row]][row] for row in range(8)])                 # (B, V)
    return {"bare_reviews": soft.bare(seed), "reviews": score(model, run.tokenizer, run.test, one),
            "bare_spam": soft.bare(seed, "spam"), "spam": score(model, run.tokenizer, spam_rows, two),
            "apart": (outs[0] - alone).abs().max().item()}


@swapped.judged
def judge_swapped(f: Figures) -> Verdict:
    """Holds where both prompts gain ten points or more (`CLEAR`) and each row of a mixed batch keeps its own answer."""
    gains = [f[name].mean - f[f"bare_{name}"].mean >= CLEAR for name in ("reviews", "spam")]
    because = (f"One frozen model, two prompts: reviews {share(f['reviews'])} right (bare {share(f['bare_reviews'])}), "
               f"spam {share(f['spam'])} (bare {share(f['bare_spam'])}). In a mixed batch the logits are "
               f"{'the same within rounding' if f['apart'].mean < 1e-3 else 'others'}.")
    if not any(gains) or f["apart"].mean >= 1e-3:
        return Verdict(FAILS, because)
    if not all(gains):
        return Verdict(LIMITED, because + " Only one of the prompts helps.")
    return Verdict(HOLDS, because)
