"""LoRA on a base in four bits (QLoRA): on a task, and on text that rounding made worse."""
from itertools import islice

from datasets import Dataset

from course_lib.claims.claim import CLOSE, FAILS, HOLDS, LIMITED, LOREFT, Figures, Verdict, claim, share
from course_lib.display import percent
from course_lib.evaluation import old_domain_loss
from course_lib.experiments import Setting, experiment, learn, score
from course_lib.experiments.adapters import at
from course_lib.experiments.lora import lora
from course_lib.experiments.quantised_base import BLOCKS, CODES, MOST, rounding_costs, won_back
from course_lib.quantise import quantise
from course_lib.training.batches import IGNORED, loss_of
from course_lib.world import documents

TEXT = Setting(steps=40)             # of LoRA on text of pretraining
TEXT_RATES = {"full": 1e-3, "nf4": 1e-3, "int4": 1e-3}   # each of .0003, .001, .003
OLD = 200                            # unseen documents
LOST = 0.005                         # nats a token: less is called nothing


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
    method, rows = lora().build(base, tokenizer, seed), text_rows(tokenizer, seed, TEXT.steps * TEXT.batch)
    learn(base, tokenizer, method, rows, rate, seed, TEXT, loss=of_text)
    return old_domain_loss(base, tokenizer, method, n_documents=OLD)


def of_task(base, tokenizer, seed: int) -> float:
    """The share of right answers on reviews after LoRA on this base was trained on them."""
    setting, one = at("near", "lora")
    method = one.build(base, tokenizer, seed)
    learn(base, tokenizer, method, setting.train_rows(tokenizer, seed), one.rate, seed, setting)
    return score(base, tokenizer, setting.test_rows(tokenizer, seed), method)


@claim("C32", "Full-precision adapters on a low-precision base lose nothing", (LOREFT,), lesson="07", core=True,
       tolerance=0.1, figures=("full", "full_task", "full_after", *(
           f"{scheme}_{what}" for scheme in CODES
           for what in ("task", *(f"{blocks}{after}" for blocks in BLOCKS for after in ("", "_after"))))))
def on_codes(seed: int) -> dict[str, float]:
    """Full precision, NF4 and int4. The accuracy of LoRA on reviews in QLoRA's own blocks; and in these and in large
    ones, where rounding hurts more, the loss on old text before and after LoRA was trained on such text.
    """
    model, tokenizer = at("near", "lora")[0].load(seed)
    found = {"full": old_domain_loss(model, tokenizer, n_documents=OLD),
             "full_task": experiment(*at("near", "lora"), seed),
             "full_after": mended(model, tokenizer, TEXT_RATES["full"], seed)}
    for scheme in CODES:
        for blocks, size in BLOCKS.items():
            base, name = quantise(model, scheme, size), f"{scheme}_{blocks}"
            found[name] = old_domain_loss(base, tokenizer, n_documents=OLD)
            found[f"{name}_after"] = mended(base, tokenizer, TEXT_RATES[scheme], seed)
            if blocks == "fine":
                found[f"{scheme}_task"] = of_task(base, tokenizer, seed)
    return found


@on_codes.judged
def judge_on_codes(f: Figures) -> Verdict:
    """Holds where LoRA on NF4 answers as well as on full precision, and on text leaves nothing lost in QLoRA's own
    blocks and little of what large ones lose; with a limit where it is so of the answers alone.
    """
    lost = {(scheme, blocks): rounding_costs(f, scheme, blocks) for scheme in CODES for blocks in BLOCKS}
    told = {blocks: " and ".join(f"{lost[scheme, blocks][0]:+.3f}, with LoRA {lost[scheme, blocks][1]:+.3f} ({name})"
                                 for scheme, name in CODES.items()) for blocks in BLOCKS}
    because = (f"LoRA on reviews is right in {share(f['full_task'])} on full precision, in {share(f['nf4_task'])} on "
               f"NF4 and {share(f['int4_task'])} on int4. What rounding costs on old text, in nats a token, in blocks "
               f"of {BLOCKS['fine']}: {told['fine']}; in blocks of {BLOCKS['coarse']:,}: {told['coarse']}. ")
    ahead = [lost["nf4", blocks][when] < lost["int4", blocks][when] for blocks in BLOCKS for when in (0, 1)]
    because += f"NF4 loses less than int4 in {sum(ahead)} of {len(ahead)} comparisons."
    if f["full_task"].mean - f["nf4_task"].mean > CLOSE:
        return Verdict(FAILS, because)
    if lost["nf4", "fine"][1] <= LOST and won_back(*lost["nf4", "coarse"]) >= MOST:
        return Verdict(HOLDS, because)
    back = " and ".join(percent(won_back(*lost["nf4", blocks])) for blocks in BLOCKS)
    return Verdict(LIMITED, because + f" So the task loses nothing; on text LoRA wins back {back} of what NF4 lost.")
