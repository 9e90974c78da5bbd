"""One step of full fine-tuning: what it changes, and what all of it costs in operations, in memory and on disk."""
from course_lib.claims.claim import EXPLAINER, FAILS, GOOGLE, GUIDE, HOLDS, LIMITED, LOREFT, Figures, Verdict, claim
from course_lib.cost import cost, size_on_disk
from course_lib.experiments import count
from course_lib.experiments.draws import shuffled
from course_lib.experiments.fine_tuning import TUNED
from course_lib.experiments.one_step import moved_by_one_step, pretraining_operations, untied_copy
from course_lib.methods import FullFineTuning
from course_lib.models import load_model
from course_lib.world import load_task


def one_batch(seed: int):
    """The reviews of one step."""
    return shuffled(load_task("reviews")["train"], TUNED.batch, seed=seed)


@claim("C08", "Standard fine-tuning updates every weight and bias at every step", (GOOGLE, GUIDE), lesson="02",
       core=True, figures=("tied", "untied", "untied_decay"))
def every_scalar(seed: int) -> dict[str, float]:
    """The share moved by one step: embeddings tied, untied, and untied with weight decay."""
    model, tokenizer = load_model("orchard-s")
    rows, untied = one_batch(seed), untied_copy(model)
    return {"tied": moved_by_one_step(model, tokenizer, rows, 0.0),
            "untied": moved_by_one_step(untied, tokenizer, rows, 0.0),
            "untied_decay": moved_by_one_step(untied, tokenizer, rows, 0.01)}


@every_scalar.judged
def judge_every_scalar(f: Figures) -> Verdict:
    """Holds where more than 99.9 % move in every setting; with a limit where they do in the model as it is."""
    exact = {name: f"{100 * f[name].mean:.2f} %" for name in ("tied", "untied", "untied_decay")}
    because = (f"One step of AdamW moves {exact['tied']} of all scalars. With a separate output matrix it is "
               f"{exact['untied']}, because rows of tokens that the batch does not hold get no gradient; with weight "
               f"decay {exact['untied_decay']}.")
    if min(figure.mean for figure in f.values()) > 0.999:
        return Verdict(HOLDS, because)
    return Verdict(LIMITED if f["tied"].mean > 0.9 else FAILS, because)


@claim("C09", "The fine-tuned model has as many parameters as the base", (GOOGLE,), lesson="02", tolerance=0.0,
       figures=("base", "tuned", "with_head"))
def same_size(seed: int) -> dict[str, float]:
    """Parameters of the base, of the tuned model, and of one that is tuned with a head."""
    model, _ = load_model("orchard-s")
    return {"base": count(model), "tuned": count(FullFineTuning(model, seed=seed)),
            "with_head": count(FullFineTuning(model, num_labels=2, seed=seed))}


@same_size.judged
def judge_same_size(f: Figures) -> Verdict:
    """Holds where the counts are equal."""
    because = (f"The base has {f['base'].mean:,.0f} parameters, the tuned model {f['tuned'].mean:,.0f}. With a head of "
               f"its own it would have {f['with_head'].mean:,.0f}.")
    return Verdict(HOLDS if f["base"].mean == f["tuned"].mean else FAILS, because)


@claim("C10", "Full fine-tuning is slow and costly, “like pretraining”", (EXPLAINER, GOOGLE, GUIDE, LOREFT),
       lesson="02", core=True, figures=("tuning", "pretraining", "memory"))
def costs(seed: int) -> dict[str, float]:
    """Operations of fine-tuning and of pretraining, and the bytes that training keeps for each byte of weights."""
    model, tokenizer = load_model("orchard-s")
    found = cost(model, tokenizer, one_batch(seed), FullFineTuning(model, seed=seed))
    weights = sum(parameter.nbytes for parameter in model.parameters())
    return {"tuning": float(found.step * TUNED.steps), "pretraining": float(pretraining_operations(model)),
            "memory": (2 * weights + found.optimizer_bytes) / weights}


@costs.judged
def judge_costs(f: Figures) -> Verdict:
    """By the share of pretraining's operations, and by the memory of a training step."""
    ratio = f["pretraining"].mean / f["tuning"].mean
    because = (f"Pretraining took {ratio:,.0f} times the operations of fine-tuning. In memory they are alike: weights, "
               f"gradients and AdamW's two numbers make {f['memory'].mean:.0f} times the bytes of the weights.")
    if ratio < 10:
        return Verdict(HOLDS, because)
    if f["memory"].mean >= 3:
        return Verdict(LIMITED, because + " The text is right about memory and wrong about computing.")
    return Verdict(FAILS, because)


@claim("C11", "Full fine-tuning stores one copy per task; 175 B parameters are about 350 GB", (EXPLAINER, GUIDE),
       lesson="02", tolerance=0.001, figures=("file", "weights", "gb_175"))
def copies(seed: int) -> dict[str, float]:
    """The bytes of a task's file and of the base's weights, and the GB of 175 billion parameters in 16 bits."""
    model, _ = load_model("orchard-s")
    return {"file": size_on_disk(FullFineTuning(model, seed=seed)),
            "weights": sum(parameter.nbytes for parameter in model.parameters()),
            "gb_175": 175e9 * 2 / 1e9}  # 16 bits are two bytes


@copies.judged
def judge_copies(f: Figures) -> Verdict:
    """Holds where a task's file is as large as the base, and the arithmetic gives 350 GB."""
    because = (f"A task's file has {f['file'].mean / 1e6:.1f} MB, the base's weights {f['weights'].mean / 1e6:.1f} MB. "
               f"175 billion parameters of two bytes are {f['gb_175'].mean:.0f} GB; of four bytes, twice that.")
    holds = 0.99 <= f["file"].mean / f["weights"].mean <= 1.05 and abs(f["gb_175"].mean - 350) < 1
    return Verdict(HOLDS if holds else FAILS, because)
