"""What a prompt without examples leaves open, and what no prompt changes."""
from statistics import mean

from course_lib.claims.claim import FAILS, GOOGLE, HOLDS, Figures, Verdict, claim
from course_lib.models import load_model, weights_hash
from course_lib.prompting import draw_examples, entropy, few_shot, few_shot_answers, score_choices
from course_lib.world import relations

BITS = 0.1  # of entropy, more than which four examples must take away


@claim("C70", "Zero-shot “apple: ___” is ambiguous: fruit or company", (GOOGLE,), lesson="01", core=True,
       tolerance=0.1, figures=("bits_0", "bits_1", "bits_4"))
def ambiguity(seed: int) -> dict[str, float]:
    """How undecided the model is, in bits, between what is true of a fruit and of the company of its name."""
    model, tokenizer = load_model("orchard-s")
    world = relations()
    kinds = ("fruit_family", "fruit_colour", "fruit_origin", "company_product", "company_country")
    homonyms = [key for key in world["company_product"] if key in world["fruit_family"]]

    def bits(k: int) -> float:
        found = []
        for key in homonyms:
            choices = sorted({world[kind][key] for kind in kinds})
            prompt = few_shot(draw_examples(world["fruit_family"], k, f"{seed} {key}", exclude=(key,)), key)
            found.append(entropy(score_choices(model, tokenizer, prompt, choices)))
        return mean(found)

    return {"bits_0": bits(0), "bits_1": bits(1), "bits_4": bits(4)}


@ambiguity.judged
def judge_ambiguity(f: Figures) -> Verdict:
    """Holds where four examples take more than a tenth of a bit away (`BITS`)."""
    because = (f"Over names that a fruit shares with a company, the answers' entropy is {f['bits_0']} bits with "
               f"no example, {f['bits_1']} with one and {f['bits_4']} with four.")
    if f["bits_0"].mean - f["bits_4"].mean > BITS:
        return Verdict(HOLDS, because)
    return Verdict(FAILS, because + " Without examples the answer is about as certain as with them.")


@claim("C71", "Prompting neither adds nor changes parameters", (GOOGLE,), lesson="01", core=True, tolerance=0.0,
       figures=("added", "changed"))
def unchanged(seed: int) -> dict[str, float]:
    """How many parameters prompting adds, and whether the hash of the weights is another one after it (1 or 0)."""
    model, tokenizer = load_model("orchard-s")
    before, count = weights_hash(model), sum(p.numel() for p in model.parameters())
    for relation in relations().values():
        few_shot_answers(model, tokenizer, relation, relation.report, 1, seed)
    added = sum(p.numel() for p in model.parameters()) - count
    return {"added": added, "changed": float(weights_hash(model) != before)}


@unchanged.judged
def judge_unchanged(f: Figures) -> Verdict:
    """Holds where nothing at all changes."""
    same = f["added"].mean == 0 and f["changed"].mean == 0
    because = (f"Parameters added: {f['added'].mean:.0f}. The hash of all weights after the questions is "
               f"{'another one' if f['changed'].mean else 'the same as before'}.")
    return Verdict(HOLDS if same else FAILS, because)
