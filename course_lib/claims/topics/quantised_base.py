"""LoRA on a base in four bits (QLoRA): on a task, and on text that rounding made worse."""
from dataclasses import replace
from itertools import islice
from math import exp, log

from datasets import Dataset

from course_lib.claims.claim import LOREFT, Figures, claim, same, share
from course_lib.evaluation import old_domain_loss
from course_lib.experiments import Setting, experiment, learn
from course_lib.experiments.near_and_far import NEAR, lora
from course_lib.experiments.quantised_base import BASES, BLOCKS, base_of, rounding_costs
from course_lib.experiments.tuning import best_rate
from course_lib.training.batches import IGNORED, loss_of
from course_lib.world import documents

TEXT = Setting(steps=40)             # of LoRA on text of pretraining
OLD = 200                            # unseen documents
TASK_LOST, TEXT_LOST = 0.03, 0.005   # as a share, and in nats a token: less is called nothing


def text_rows(tokenizer, seed: int, n: int) -> Dataset:
    """Documents of pretraining of one line as a task: the start and the first word, and what follows them."""
    parts = (text.split(" ", 1) for text in documents("train", seed) if "\n" not in text and " " in text)
    first, rest = zip(*islice(parts, n))
    return Dataset.from_dict({"prompt": [tokenizer.eos_token + word for word in first], "answer": list(rest)})


def of_text(logits, batch, keys):
    """The mean loss of what follows the first word, without the newline that ends an answer and no document."""
    labels = batch["labels"].clone()                                             # (B, T), padded on the left
    labels[:, -1] = IGNORED
    return loss_of(logits, labels)


def mended(name: str, rate: float, seed: int) -> tuple[float, int]:
    """(the loss on unseen old text after LoRA on this one of BASES was trained on such text, the vocabulary's size)."""
    base, tokenizer = base_of(name, seed)
    method, rows = lora().build(base, tokenizer, seed), text_rows(tokenizer, seed, TEXT.steps * TEXT.batch)
    learn(base, tokenizer, method, rows, rate, seed, TEXT, loss=of_text)
    return old_domain_loss(base, tokenizer, method, n_documents=OLD), base.config.vocab_size


def validated(name: str, rate: float, seed: int) -> dict[str, float]:
    """What the search of a rate asks for; the score is the probability of a right token, in the geometric mean."""
    loss, vocabulary = mended(name, rate, seed)
    return {"score": exp(-loss), "guessing": 1 / vocabulary, "diverged": float(not loss < log(vocabulary))}


def after(name: str, seed: int) -> float:
    """The loss of this one of BASES on old text after LoRA on such text, with the rate that a search found for it."""
    rate = best_rate(f"LoRA on old text, {TEXT.steps} steps on {name}", lambda rate, seed: validated(name, rate, seed),
                     3e-3)
    return mended(name, rate, seed)[0]


@claim("C32", "Full-precision adapters on a low-precision base lose nothing", (LOREFT,), lesson="07", tolerance=0.1,
       question="Does LoRA on a base rounded to NF4 answer as well as on 32 bits, and write as well after the same "
                "training on text?",
       asks={"answers, blocks of 64": same(lambda f: f["nf4_task"] - f["full_task"], TASK_LOST)} | {
           f"loss on old text after LoRA on text, blocks of {size:,}": same(
               lambda f, blocks=blocks: f[f"nf4_{blocks}_after"] - f["full_after"], TEXT_LOST, "nats")
           for blocks, size in BLOCKS.items()},
       figures=("full_task", "nf4_task", *BASES, "full_after", *(f"nf4_{blocks}_after" for blocks in BLOCKS)))
def on_codes(seed: int) -> dict[str, float]:
    """LoRA on 32 bits and on NF4. The share of right reviews, in QLoRA's own blocks; and the loss on old text of each
    of BASES, with int4 beside NF4, and after LoRA was trained on such text.
    """
    found = {name: old_domain_loss(*base_of(name, seed), n_documents=OLD) for name in BASES}
    tasks = {"full_task": NEAR, "nf4_task": replace(NEAR, quantised="nf4")}
    return found | {name: experiment(setting, lora(), seed) for name, setting in tasks.items()} | {
        f"{name}_after": after(name, seed) for name in ("full", *(f"nf4_{blocks}" for blocks in BLOCKS))}


@on_codes.told
def tell_on_codes(f: Figures) -> str:
    """The shares, and what rounding costs on text."""
    costs = {size: rounding_costs(f, blocks) for blocks, size in BLOCKS.items()}
    text = "; ".join(f"blocks of {size:,} {bare:+.3f}, with LoRA {then:+.3f}" for size, (bare, then) in costs.items())
    return (f"LoRA on reviews is right in {share(f['full_task'])} on 32 bits, in {share(f['nf4_task'])} on NF4. What "
            f"NF4 costs on old text, in nats a token: {text}. NF4 less 32 bits:")
