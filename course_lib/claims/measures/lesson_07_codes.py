"""What lesson 07 measures of LoRA on a base in four bits (QLoRA): on a task, and on text that rounding made worse."""
from itertools import islice

from datasets import Dataset

from course_lib.claims.lesson_07 import BLOCKS, CODES, RATES, TEXT_RATES
from course_lib.claims.measures.lesson_06 import lora
from course_lib.claims.measures.lesson_07 import learned, run
from course_lib.evaluation import old_domain_loss
from course_lib.models.loading import load_model
from course_lib.quantise import quantise
from course_lib.training import fit
from course_lib.training.batches import IGNORED, loss_of
from course_lib.world import documents

TEXT_STEPS, TEXT_ROWS = 40, 16      # steps of LoRA on text of pretraining, documents in each
OLD = 200                           # unseen documents


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


def mended(base, tokenizer, rate: float, seed: int) -> float:
    """The loss on unseen old text after LoRA on this base was trained on such text."""
    method = lora(base, seed=seed)
    fit(base, tokenizer, {"train": text_rows(tokenizer, seed, TEXT_STEPS * TEXT_ROWS)}, method, steps=TEXT_STEPS,
        batch_size=TEXT_ROWS, learning_rate=rate, seed=seed, progress=False, loss=of_text)
    return old_domain_loss(base, tokenizer, method, n_documents=OLD)


def on_codes(seed: int) -> dict[str, float]:
    """Full precision, NF4 and int4. The accuracy of LoRA on reviews in QLoRA's own blocks; and in these and in large
    ones, where rounding hurts more, the loss on old text before and after LoRA was trained on such text.
    """
    model, tokenizer = load_model("orchard-s")
    found = {"full": old_domain_loss(model, tokenizer, n_documents=OLD), "full_task": run("near", "lora", seed)[0],
             "full_after": mended(model, tokenizer, TEXT_RATES["full"], seed)}
    for scheme in CODES:
        for blocks, size in BLOCKS.items():
            base, name = quantise(model, scheme, size), f"{scheme}_{blocks}"
            found[name] = old_domain_loss(base, tokenizer, n_documents=OLD)
            found[f"{name}_after"] = mended(base, tokenizer, TEXT_RATES[scheme], seed)
            if blocks == "fine":
                found[f"{scheme}_task"] = learned(base, tokenizer, lora(base, seed=seed), RATES["near"]["lora"], seed)
    return found
