"""What lesson 06 measures: LoRA's parts, what it costs, and how near it comes to full fine-tuning.

A short run is 32 steps of 16 reviews on 128 labels, a long one 200 steps on 1,000. The learning rates were chosen once,
on the validation split with seed 0, each for its own setting: the best of a list, and the largest where several are.
LoRA's rate for the far setting, where the seeds differ most, is the best in the mean of seeds 0, 1 and 2.
"""
from collections.abc import Mapping

from course_lib import models  # torch comes with its first use, so that listing claims does not wait for it
from course_lib.claims import FAILS, HOLDS, LIMITED, Claim, Figure, Verdict, share
from course_lib.display import percent

RANK, ALPHA = 4, 8
LORA_RATE, FULL_RATE = 3e-3, 5e-4   # chosen from 0.001, 0.003, 0.01 and from 0.00025, 0.0005, 0.001
FAR_LORA_RATES, FAR_FULL_RATES = (0.003, 0.005, 0.01), (0.0005, 0.001, 0.002)
FAR_RATES = 5e-3, 5e-4              # LoRA's and full fine-tuning's, chosen from these
FAR = {"labels": 1000, "steps": 200}
SHORT = 32                       # steps
# Each with a learning rate from 0.001, 0.003, 0.01, 0.03:
RANKS = {1: 1e-2, 4: LORA_RATE, 16: 3e-3}                      # rank: rate
PLACES = {"all_layers": (4, LORA_RATE), "one_layer": (16, 1e-2), "query_value": (19, 1e-3), "queries": (38, 3e-3)}
TEST = 200                       # test reviews
CLOSE = 0.05                     # accuracies nearer to each other than this are called about equal
FEW = 0.01                       # the share that a few million are of some billions, at most
ROUNDING = 1e-4                  # logits nearer to each other than this differ by rounding alone
MODULES = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")

Figures = Mapping[str, Figure]


def train(model, tokenizer, method, seed: int, rate: float, labels: int = 128, steps: int = SHORT) -> None:
    """Trains the method on reviews."""
    from course_lib.training import fit
    from course_lib.world import load_task

    fit(model, tokenizer, {"train": load_task("reviews")["train"].select(range(labels))}, method, steps=steps,
        batch_size=16, learning_rate=rate, seed=seed, progress=False)


def accuracy_of(model, tokenizer, method) -> float:
    """The share of right answers among test reviews."""
    from course_lib.evaluation import evaluate
    from course_lib.world import load_task

    return evaluate(model, tokenizer, load_task("reviews")["test"].select(range(TEST)), method)["accuracy"]


def tuned(model, tokenizer, method, seed: int, rate: float, **size) -> float:
    """Trains the method; its accuracy on test."""
    train(model, tokenizer, method, seed, rate, **size)
    return accuracy_of(model, tokenizer, method)


def lora(model, rank: int = RANK, alpha: float = ALPHA, seed: int = 0, **options):
    """LoRA on every linear layer of the blocks, as the lesson trains it."""
    from course_lib.methods import LoRA

    return LoRA(model, **{"targets": MODULES, **options}, rank=rank, alpha=alpha, seed=seed)


def filled(model, seed: int):
    """LoRA that is no no-op: B has random entries, too."""
    import torch

    method = lora(model, seed=seed)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for B in method.B:
            B.normal_(std=0.1, generator=generator)
    return method


def texts(tokenizer, seed: int, n: int = 16) -> dict:
    """A batch of reviews for the model."""
    from course_lib.architecture import with_positions
    from course_lib.world import load_task

    rows = load_task("reviews")["test"].shuffle(seed=seed).select(range(n))
    batch = tokenizer(rows["prompt"][:], return_tensors="pt", padding=True)
    return with_positions({"input_ids": batch["input_ids"], "attention_mask": batch["attention_mask"],
                           "use_cache": False})


def logits_of(model, batch: dict, method=None):
    """The logits at the last place of each row, (B, V); with `method` attached, if there is one."""
    import torch

    with torch.no_grad():
        if method is None:
            return model(**batch).logits[:, -1]
        with method.on(model):
            return method.logits(model, batch)[:, -1]


def operations(model, batch: dict, method=None) -> int:
    """Floating-point operations of one forward pass, attention included."""
    from torch.utils.flop_counter import FlopCounterMode

    from course_lib.cost import eager_attention

    with eager_attention(model), FlopCounterMode(display=False) as counter:
        logits_of(model, batch, method)
    return counter.get_total_flops()


def low_rank(seed: int) -> dict[str, float]:
    """B = 0 is no change; the base keeps its bits in training; the trained change is BA, and nothing else."""
    import torch

    model, tokenizer = models.load_model("orchard-s")
    method, batch, before = lora(model, seed=seed), texts(tokenizer, seed), models.weights_hash(model)
    start = (logits_of(model, batch, method) - logits_of(model, batch)).abs().max().item()
    train(model, tokenizer, method, seed, LORA_RATE, steps=8)
    changed = float(models.weights_hash(model) != before)
    with_hooks = logits_of(model, batch, method)
    with torch.no_grad():
        for site, A, B in zip(method.sites, method.A, method.B):
            model.get_submodule(site).weight.add_(ALPHA / RANK * B @ A)
    return {"start": start, "changed": changed, "product": (logits_of(model, batch) - with_hooks).abs().max().item()}


def judge_low_rank(f: Figures) -> Verdict:
    """Holds where the start and the frozen weights are exact, and the product is right within rounding."""
    because = (f"With B = 0 the logits differ from the base's by {f['start'].mean:g}; after training the hash of W₀ is "
               f"{'another one' if f['changed'].mean else 'the same'}; with the scaled BA added to W₀ by hand the "
               f"logits differ by {f['product'].mean:.0e}.")
    exact = f["start"].mean == 0 and f["changed"].mean == 0 and f["product"].mean < ROUNDING
    return Verdict(HOLDS if exact else FAILS, because)


def counted(seed: int) -> dict[str, float]:
    """The formula against a count, over every linear layer of orchard-s."""
    model, _ = models.load_model("orchard-s")
    method = lora(model, seed=seed)
    shapes = [model.get_submodule(site).weight.shape for site in method.sites]
    return {"formula": sum(RANK * (d + k) for d, k in shapes),
            "counted": sum(parameter.numel() for parameter in method.parameters()),
            "full": sum(d * k for d, k in shapes)}


def judge_counted(f: Figures) -> Verdict:
    """Holds where the count is the formula's, and fewer than the matrices have."""
    because = (f"On every linear layer of the blocks, r = {RANK}: the formula says {f['formula'].mean:,.0f}, counted "
               f"are {f['counted'].mean:,.0f}; the matrices themselves have {f['full'].mean:,.0f}.")
    right = f["formula"].mean == f["counted"].mean < f["full"].mean
    return Verdict(HOLDS if right else FAILS, because)


def places(seed: int) -> dict[str, float]:
    """Accuracy by where LoRA sits; the ranks make all four train about as many parameters, which are counted."""
    model, tokenizer = models.load_model("orchard-s")
    last = tuple(f"layers.3.{part}.{name}" for part, names in (("self_attn", MODULES[:4]), ("mlp", MODULES[4:]))
                 for name in names)
    found, sizes = {}, []
    for place, targets in (("all_layers", MODULES), ("one_layer", last), ("query_value", ("q_proj", "v_proj")),
                           ("queries", ("q_proj",))):
        rank, rate = PLACES[place]
        method = lora(model, rank, rank * ALPHA / RANK, seed, targets=targets)
        sizes.append(sum(parameter.numel() for parameter in method.parameters()))
        found[place] = tuned(model, tokenizer, method, seed, rate)
    return found | {"fewest": min(sizes), "most": max(sizes)}


def judge_places(f: Figures) -> Verdict:
    """By what every layer gains over the last one alone, with as many parameters."""
    because = (f"With {f['fewest'].mean:,.0f} to {f['most'].mean:,.0f} trained parameters: every linear module of "
               f"every layer {share(f['all_layers'])}; of the last layer alone {share(f['one_layer'])}; query and "
               f"value of every layer {share(f['query_value'])}; queries alone {share(f['queries'])}.")
    gain = f["all_layers"].mean - f["one_layer"].mean
    if gain >= CLOSE:
        return Verdict(HOLDS, because)
    if gain > -CLOSE:
        return Verdict(LIMITED, because + " It can be in every layer, and here it need not be.")
    return Verdict(FAILS, because + " Here one layer does better than all.")


def ranks(seed: int) -> dict[str, float]:
    """Accuracy by rank, with alpha / r kept the same, and the share of the model's parameters that each rank trains.

    Beside them full fine-tuning, which trains every parameter.
    """
    from course_lib.methods import FullFineTuning

    model, tokenizer = models.load_model("orchard-s")
    count = lambda module: sum(parameter.numel() for parameter in module.parameters())
    full, right, shares = FullFineTuning(model, seed=seed), {}, {}
    for rank, rate in RANKS.items():
        method = lora(model, rank, rank * ALPHA / RANK, seed)
        right[f"rank_{rank}"] = tuned(model, tokenizer, method, seed, rate)
        shares[f"share_{rank}"] = count(method) / count(full)
    return right | shares | {"full": tuned(model, tokenizer, full, seed, FULL_RATE)}


def judge_ranks(f: Figures) -> Verdict:
    """By the smallest share of the parameters that does about as well as all: a hundredth, a tenth, or more."""
    told = ", ".join(f"{share(f[f'rank_{r}'])} with {100 * f[f'share_{r}'].mean:.1f} % of the parameters (r = {r})"
                     for r in RANKS)
    because = f"{told}; {share(f['full'])} with all of them."
    enough = [f[f"share_{r}"].mean for r in RANKS if f[f"rank_{r}"].mean >= f["full"].mean - CLOSE]
    if enough and min(enough) <= FEW:
        return Verdict(HOLDS, because + " At most a hundredth is enough.")
    if enough and min(enough) <= 10 * FEW:
        return Verdict(LIMITED, because + " More than a hundredth is needed; in wider matrices the same rank is less.")
    return Verdict(FAILS, because + " Here a small share lags.")


def near_and_far(seed: int) -> dict[str, float]:
    """LoRA and full fine-tuning: on the late checkpoint in a short run, on the early one in a long one.

    `far_lora_near_rate` is LoRA on the early one with the learning rate that was chosen for the late one.
    """
    from course_lib.cost import size_on_disk
    from course_lib.evaluation import old_domain_loss
    from course_lib.methods import FullFineTuning

    found = {}
    for where, name, size in (("near", "orchard-s", {}), ("far", "orchard-s-early", FAR)):
        model, tokenizer = models.load_model(name)
        small, full = lora(model, seed=seed), FullFineTuning(model, seed=seed)
        lora_rate, full_rate = (LORA_RATE, FULL_RATE) if where == "near" else FAR_RATES
        found |= {f"{where}_full": tuned(model, tokenizer, full, seed, full_rate, **size),
                  f"{where}_lora": tuned(model, tokenizer, small, seed, lora_rate, **size),
                  f"{where}_before": old_domain_loss(model, tokenizer, n_documents=60),
                  f"{where}_after_full": old_domain_loss(model, tokenizer, full, n_documents=60),
                  f"{where}_after_lora": old_domain_loss(model, tokenizer, small, n_documents=60)}
    return found | {"far_lora_near_rate": tuned(model, tokenizer, lora(model, seed=seed), seed, LORA_RATE, **FAR),
                    "space": size_on_disk(small) / size_on_disk(full)}


NEAR_AND_FAR = (*(f"{where}_{what}" for where in ("near", "far")
                  for what in ("full", "lora", "before", "after_full", "after_lora")), "far_lora_near_rate")


def judge_near_and_far(f: Figures) -> Verdict:
    """Holds where LoRA is within 5 points of full on both, with a limit where it is so on one of them alone."""
    because = (f"With {100 * f['space'].mean:.1f} % of the bytes: near {share(f['near_lora'])} against "
               f"{share(f['near_full'])} for full fine-tuning; far {share(f['far_lora'])} against "
               f"{share(f['far_full'])}, each with a learning rate chosen for it (LoRA with the one of the near task: "
               f"{share(f['far_lora_near_rate'])}).")
    near, far = (f[f"{where}_full"].mean - f[f"{where}_lora"].mean for where in ("near", "far"))
    if max(near, far) <= CLOSE:
        return Verdict(HOLDS, because)
    if near <= CLOSE:
        return Verdict(LIMITED, because + " Near to pretraining it comes close, far from it it does not.")
    if far <= CLOSE:
        return Verdict(LIMITED, because + " It comes close in the longer training alone.")
    return Verdict(FAILS, because + " It does not come close.")


def merging(seed: int) -> dict[str, float]:
    """Logits and operations of the base, of LoRA on hooks, and of LoRA merged; and whether unmerging restores bits."""
    model, tokenizer = models.load_model("orchard-s")
    method, batch, before = filled(model, seed), texts(tokenizer, seed), models.weights_hash(model)
    base, hooked, apart = operations(model, batch), operations(model, batch, method), logits_of(model, batch, method)
    method.merge(model)
    found = {"difference": (logits_of(model, batch) - apart).abs().max().item(), "base": base, "unmerged": hooked,
             "merged": operations(model, batch)}
    method.unmerge(model)
    return found | {"restored": float(models.weights_hash(model) == before)}


def judge_merging(f: Figures) -> Verdict:
    """Holds where merged LoRA answers the same at the base's cost."""
    extra = f["unmerged"].mean / f["base"].mean - 1
    because = (f"Merged, the logits differ by {f['difference'].mean:.0e}; one pass takes {f['merged'].mean / 1e6:,.0f} "
               f"million operations, the base's {f['base'].mean / 1e6:,.0f}, unmerged {100 * extra:.1f} % more. "
               f"Unmerging {'restores every bit' if f['restored'].mean == 1 else 'does not restore every bit'}.")
    same = f["difference"].mean < ROUNDING and f["merged"].mean == f["base"].mean
    return Verdict(HOLDS if same else FAILS, because)


def change_of(method):
    """The whole change (alpha / r) B A of every site, as one vector."""
    import torch

    return torch.cat([(method.scale * B @ A).detach().flatten() for A, B in zip(method.A, method.B)])


def rank_and_scale(seed: int) -> dict[str, float]:
    """The rank of the trained change; what twice the alpha does to it; and twice the alpha at half the rate."""
    import torch

    model, tokenizer = models.load_model("orchard-s")
    change, accuracy = {}, {}
    for steps in (1, SHORT):
        for factor in (1, 2):
            method = lora(model, alpha=factor * ALPHA, seed=seed)
            train(model, tokenizer, method, seed, LORA_RATE / factor, steps=steps)
            change[steps, factor] = change_of(method)
            if steps == SHORT:
                accuracy[factor] = accuracy_of(model, tokenizer, method)
    last = method.scale * method.B[0] @ method.A[0]
    apart = lambda steps: ((change[steps, 1] - change[steps, 2]).norm() / change[steps, 1].norm()).item()
    twice = lora(model, alpha=2 * method.scale * RANK, seed=seed)
    twice.load_state_dict(method.state_dict())
    return {"rank": torch.linalg.matrix_rank(last.detach(), rtol=1e-5).item(),
            "scale": (change_of(twice).norm() / change_of(method).norm()).item(),
            "first": apart(1), "last": apart(SHORT), "accuracy": accuracy[1], "traded": accuracy[2]}


def judge_rank_and_scale(f: Figures) -> Verdict:
    """Holds where r is the change's rank and alpha its scale."""
    because = (f"At r = {RANK} the change has rank {f['rank'].mean:.0f}; with twice the alpha it is "
               f"{f['scale'].mean:.2f} times as large. Twice the alpha at half the learning rate: after one step the "
               f"changes differ by {percent(f['first'].mean)}, after {SHORT} by {percent(f['last'].mean)}, and "
               f"{share(f['accuracy'])} against {share(f['traded'])} of the answers are right.")
    right = f["rank"].mean == RANK and abs(f["scale"].mean - 2) < 1e-3
    return Verdict(HOLDS if right else FAILS, because)


def snippet_runs(kind: str, targets: tuple[str, ...]) -> float:
    """1 where peft takes these target modules on a small random classifier of this kind, and 0 where it raises."""
    from peft import LoraConfig, TaskType, get_peft_model
    from transformers import (
        BertConfig,
        BertForSequenceClassification,
        DistilBertConfig,
        DistilBertForSequenceClassification,
    )

    if kind == "bert":
        model = BertForSequenceClassification(BertConfig(vocab_size=64, hidden_size=32, num_hidden_layers=2,
                                                         num_attention_heads=2, intermediate_size=64))
    else:
        model = DistilBertForSequenceClassification(DistilBertConfig(vocab_size=64, dim=32, n_layers=2, n_heads=2,
                                                                     hidden_dim=64))
    try:
        get_peft_model(model, LoraConfig(task_type=TaskType.SEQ_CLS, r=8, lora_alpha=16, target_modules=list(targets)))
    except ValueError:
        return 0.0
    return 1.0


def published(seed: int) -> dict[str, float]:
    """The published target modules on BERT, and the two ways to mend them. The seed plays no part."""
    return {"as_published": snippet_runs("bert", ("q_lin", "v_lin")),
            "names_mended": snippet_runs("bert", ("query", "value")),
            "model_mended": snippet_runs("distilbert", ("q_lin", "v_lin"))}


def judge_published(f: Figures) -> Verdict:
    """Holds where it runs as it was published."""
    word = lambda name: "runs" if f[name].mean == 1 else "raises an error"
    because = (f"On BERT the snippet with q_lin and v_lin {word('as_published')}; with query and value it "
               f"{word('names_mended')}; with q_lin and v_lin on DistilBERT it {word('model_mended')}.")
    return Verdict(HOLDS if f["as_published"].mean == 1 else FAILS, because)


def no_merge_layer(seed: int) -> dict[str, float]:
    """LoRA against the same change made without it, and what merging alters: the modules, and the logits."""
    model, tokenizer = models.load_model("orchard-s")
    method, batch = filled(model, seed), texts(tokenizer, seed)
    apart, modules = logits_of(model, batch, method), len(list(model.modules()))
    effect = (apart - logits_of(model, batch)).abs().max().item()
    method.merge(model)
    difference = (logits_of(model, batch) - apart).abs().max().item()
    return {"effect": effect, "difference": difference, "added_layers": len(list(model.modules())) - modules}


def judge_no_merge_layer(f: Figures) -> Verdict:
    """Holds where LoRA works only once a layer has merged it in."""
    because = (f"Unmerged, LoRA moves the logits by up to {f['effect'].mean:.1f} already; merging moves them by "
               f"{f['difference'].mean:.0e} more and adds {f['added_layers'].mean:.0f} layers.")
    needed = f["effect"].mean == 0 or f["difference"].mean > ROUNDING or f["added_layers"].mean > 0
    if needed:
        return Verdict(HOLDS, because)
    return Verdict(FAILS, because + " Merging is a choice, and it is a sum, no layer.")


GUIDE, WIKIPEDIA, LOREFT = "Unite.AI guide", "Wikipedia", "Unite.AI LoReFT"
CLAIMS = [
    Claim("C21", "W = W₀ + BA, with W₀ frozen", (GUIDE, WIKIPEDIA),
          ("start", "changed", "product"), low_rank, judge_low_rank, core=True, tolerance=1e-3),
    Claim("C22", "LoRA trains r · (d + k) parameters instead of d · k", (GUIDE,),
          ("formula", "counted", "full"), counted, judge_counted, tolerance=0.0),
    Claim("C23", "The low-rank matrices are injected in every layer", (GUIDE,),
          ("all_layers", "one_layer", "query_value", "queries", "fewest", "most"), places, judge_places, tolerance=0.1),
    Claim("C24", "A model with billions of parameters is tuned with a few million", (WIKIPEDIA,),
          (*(f"rank_{r}" for r in RANKS), *(f"share_{r}" for r in RANKS), "full"), ranks, judge_ranks, tolerance=0.1),
    Claim("C25", "It approaches full fine-tuning with less space", (WIKIPEDIA,),
          (*NEAR_AND_FAR, "space"), near_and_far, judge_near_and_far, core=True, tolerance=0.1,
          models=("orchard-s", "orchard-s-early")),
    Claim("C26", "Merging leaves no overhead at inference", (LOREFT,),
          ("difference", "base", "unmerged", "merged", "restored"), merging, judge_merging, core=True, tolerance=1e-3),
    Claim("C28", "r is the rank of the change, alpha its scale", (GUIDE,),
          ("rank", "scale", "first", "last", "accuracy", "traded"), rank_and_scale, judge_rank_and_scale, core=True,
          tolerance=0.1),
    Claim("C29", "The published peft snippet: bert-base with target modules q_lin and v_lin", (GUIDE,),
          ("as_published", "names_mended", "model_mended"), published, judge_published, core=True, tolerance=0.0,
          models=()),
    Claim("C31", "LoRA needs its outputs changed by a merge layer", (GUIDE,),
          ("effect", "difference", "added_layers"), no_merge_layer, judge_no_merge_layer, core=True, tolerance=0.01),
]
