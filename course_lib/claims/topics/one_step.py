"""One step of full fine-tuning: what it changes, and what all of it costs in operations, in memory and on disk."""
from course_lib.claims.claim import CONSTRUCTED, EXPLAINER, GOOGLE, GUIDE, LOREFT, Figures, claim, same
from course_lib.cost import size_on_disk
from course_lib.experiments import count
from course_lib.experiments.draws import shuffled
from course_lib.experiments.one_step import against_pretraining, moved_by_one_step, untied_copy
from course_lib.methods import FullFineTuning
from course_lib.models import load_model
from course_lib.world import load_task

BATCH = 16


def one_batch(seed: int):
    """The reviews of one step."""
    return shuffled(load_task("reviews")["train"], BATCH, seed=seed)


@claim("C08", "Standard fine-tuning updates every weight and bias at every step", (GOOGLE, GUIDE), lesson="02",
       core=True, figures=("tied", "untied", "untied_decay"), kind=CONSTRUCTED,
       question="Does one step of AdamW move all scalars of the model?",
       asks={called: same(lambda f, name=name: f[name] - 1, 0.001, "percent") for name, called in (
           ("tied", "one table"), ("untied", "two tables"), ("untied_decay", "two tables and weight decay"))})
def every_scalar(seed: int) -> dict[str, float]:
    """The share moved by one step: embeddings tied, untied, and untied with weight decay."""
    model, tokenizer = load_model("orchard-s")
    rows, untied = one_batch(seed), untied_copy(model)
    return {"tied": moved_by_one_step(model, tokenizer, rows, 0.0),
            "untied": moved_by_one_step(untied, tokenizer, rows, 0.0),
            "untied_decay": moved_by_one_step(untied, tokenizer, rows, 0.01)}


@every_scalar.told
def tell_every_scalar(f: Figures) -> str:
    """The three shares, and why."""
    exact = {name: f"{100 * f[name].mean:.2f} %" for name in ("tied", "untied", "untied_decay")}
    return (f"One step of AdamW moves {exact['tied']} of all scalars. With a separate output matrix it is "
            f"{exact['untied']}, because rows of tokens that the batch does not hold get no gradient; with decay "
            f"{exact['untied_decay']}.")


@claim("C09", "The fine-tuned model has as many parameters as the base", (GOOGLE,), lesson="02", tolerance=0.0,
       figures=("base", "tuned", "with_head"), kind=CONSTRUCTED,
       question="Does full fine-tuning leave the number of parameters as it was?",
       asks={"without a head": same(lambda f: f["tuned"] - f["base"], 0.5, "parameters")})
def same_size(seed: int) -> dict[str, float]:
    """Parameters of the base, of the tuned model, and of one that is tuned with a head."""
    model, _ = load_model("orchard-s")
    return {"base": count(model), "tuned": count(FullFineTuning(model, seed=seed)),
            "with_head": count(FullFineTuning(model, num_labels=2, seed=seed))}


@same_size.told
def tell_same_size(f: Figures) -> str:
    """The three counts."""
    return (f"The base has {f['base'].mean:,.0f} parameters, the tuned model {f['tuned'].mean:,.0f}. With a head of "
            f"its own it would have {f['with_head'].mean:,.0f}.")


@claim("C10", "Full fine-tuning is slow and costly, “like pretraining”", (EXPLAINER, GOOGLE, GUIDE, LOREFT),
       lesson="02", core=True, figures=("token", "memory", "all_rows", "rows_alike"), kind=CONSTRUCTED,
       question="Does full fine-tuning cost what pretraining does, by half of that or less?",
       asks={"operations for a token that is read": same(lambda f: f["token"] - 1, 0.5, "percent"),
             "memory of a step": same(lambda f: f["memory"] - 1, 0.5, "percent"),
             "operations for all 4,096 labelled reviews": same(lambda f: f["all_rows"] - 1, 0.5, "percent")})
def costs(seed: int) -> dict[str, float]:
    """What fine-tuning costs as a share of pretraining, and for how many reviews it would cost as much."""
    return against_pretraining(*load_model("orchard-s"), one_batch(seed))


@costs.told
def tell_costs(f: Figures) -> str:
    """What is as in pretraining, and what is not."""
    return (f"A token that is read takes {f['token'].mean:.2f} times the operations of one in pretraining, a step "
            f"{f['memory'].mean:.2f} times its memory. But there are few tokens: one pass over all labelled reviews "
            f"takes {100 * f['all_rows'].mean:.1f} % of pretraining's operations; as many would take "
            f"{f['rows_alike'].mean:,.0f} reviews. How many steps one takes is a choice.")


@claim("C11", "Full fine-tuning stores one copy per task; 175 B parameters are about 350 GB", (EXPLAINER, GUIDE),
       lesson="02", tolerance=0.001, figures=("file", "weights", "gb_175"), kind=CONSTRUCTED,
       question="Is a task's file as large as the base, and do 175 billion parameters take 350 GB in 16 bits?",
       asks={"the file against the base": same(lambda f: f["file"] / f["weights"] - 1, 0.01, "percent"),
             "175 billion parameters against 350 GB": same(lambda f: f["gb_175"] / 350 - 1, 0.01, "percent")})
def copies(seed: int) -> dict[str, float]:
    """The bytes of a task's file and of the base's weights, and the GB of 175 billion parameters in 16 bits."""
    model, _ = load_model("orchard-s")
    return {"file": size_on_disk(FullFineTuning(model, seed=seed)),
            "weights": sum(parameter.nbytes for parameter in model.parameters()),
            "gb_175": 175e9 * 2 / 1e9}  # 16 bits are two bytes


@copies.told
def tell_copies(f: Figures) -> str:
    """The bytes."""
    return (f"A task's file has {f['file'].mean / 1e6:.1f} MB, the base's weights {f['weights'].mean / 1e6:.1f} MB. "
            f"175 billion parameters of two bytes are {f['gb_175'].mean:.0f} GB; of four bytes, twice that.")
