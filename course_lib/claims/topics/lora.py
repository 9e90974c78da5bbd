"""LoRA trained: where it sits, how wide it is, what r and alpha do, and how near it comes to full fine-tuning."""
from course_lib.claims.claim import CLOSE, FAILS, GUIDE, HOLDS, LIMITED, WIKIPEDIA, Figures, Verdict, claim, share
from course_lib.cost import size_on_disk
from course_lib.evaluation import old_domain_loss
from course_lib.experiments import arm, count, experiment, trained
from course_lib.experiments.lora import FAR, FAR_RATES, FULL_RATE, LORA_RATE, MODULES, SHORT, lora
from course_lib.methods import FullFineTuning

LAST = tuple(f"layers.3.{'self_attn' if name in MODULES[:4] else 'mlp'}.{name}" for name in MODULES)
PLACES = {"all_layers": lora(LORA_RATE, 4), "one_layer": lora(1e-2, 16, targets=LAST),
          "query_value": lora(1e-3, 19, targets=("q_proj", "v_proj")), "queries": lora(3e-3, 38, targets=("q_proj",))}
RANKS = {1: lora(1e-2, 1), 4: lora(LORA_RATE, 4), 16: lora(3e-3, 16)}  # rates from 0.001, 0.003, 0.01, 0.03
FULL = arm(FullFineTuning, FULL_RATE)
FEW = 0.01                       # the share that a few million are of some billions, at most
OLD = 60                         # documents of the old world


@claim("C23", "The low-rank matrices are injected in every layer", (GUIDE,), lesson="06", tolerance=0.1,
       figures=("all_layers", "one_layer", "query_value", "queries", "fewest", "most"))
def places(seed: int) -> dict[str, float]:
    """Accuracy by where LoRA sits; the ranks make all four train about as many parameters, which are counted."""
    sizes = [count(trained(SHORT, place, seed).method) for place in PLACES.values()]
    right = {name: experiment(SHORT, place, seed) for name, place in PLACES.items()}
    return right | {"fewest": min(sizes), "most": max(sizes)}


@places.judged
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


@claim("C24", "A model with billions of parameters is tuned with a few million", (WIKIPEDIA,), lesson="06",
       tolerance=0.1, figures=(*(f"rank_{r}" for r in RANKS), *(f"share_{r}" for r in RANKS), "full"))
def ranks(seed: int) -> dict[str, float]:
    """Accuracy by rank, with alpha / r kept the same, and the share of the model's parameters that each rank trains.

    Beside them full fine-tuning, which trains every parameter.
    """
    right = {f"rank_{r}": experiment(SHORT, rank, seed) for r, rank in RANKS.items()}
    size = lambda one: count(trained(SHORT, one, seed).method)
    return right | {f"share_{r}": size(rank) / size(FULL) for r, rank in RANKS.items()} | {
        "full": experiment(SHORT, FULL, seed)}


@ranks.judged
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


@claim("C25", "It approaches full fine-tuning with less space", (WIKIPEDIA,), lesson="06", tolerance=0.1,
       models=("orchard-s", "orchard-s-early"), figures=(
           *(f"{where}_{what}" for where in ("near", "far")
             for what in ("full", "lora", "before", "after_full", "after_lora")), "far_lora_near_rate", "space"))
def near_and_far(seed: int) -> dict[str, float]:
    """LoRA and full fine-tuning: on the late checkpoint in a short run, on the early one in a long one.

    `far_lora_near_rate` is LoRA on the early one with the learning rate that was chosen for the late one.
    """
    found = {}
    for where, setting, rates in (("near", SHORT, (LORA_RATE, FULL_RATE)), ("far", FAR, FAR_RATES)):
        arms = {"full": arm(FullFineTuning, rates[1]), "lora": lora(rates[0])}
        runs = {name: trained(setting, one, seed) for name, one in arms.items()}
        found |= {f"{where}_{name}": experiment(setting, one, seed) for name, one in arms.items()}
        found[f"{where}_before"] = old_domain_loss(*setting.load(seed), n_documents=OLD)
        found |= {f"{where}_after_{name}": old_domain_loss(run.model, run.tokenizer, run.method, n_documents=OLD)
                  for name, run in runs.items()}
    return found | {"far_lora_near_rate": experiment(FAR, lora(), seed),
                    "space": size_on_disk(runs["lora"].method) / size_on_disk(runs["full"].method)}


@near_and_far.judged
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
