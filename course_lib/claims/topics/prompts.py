"""What a prompt without examples leaves open, and what no prompt changes."""
from statistics import mean

from course_lib.claims.claim import CONSTRUCTED, GOOGLE, Figures, claim, more, same
from course_lib.experiments.meanings import fruit_or_company, homonyms
from course_lib.models import load_model, weights_hash
from course_lib.prompting import few_shot_answers
from course_lib.world import relations


@claim("C70", "Zero-shot “apple: ___” is ambiguous: fruit or company", (GOOGLE,), lesson="01", core=True,
       tolerance=0.1, figures=("bits_0", "bits_1", "bits_4"),
       question="Is it less decided without examples than with them whether a name is a fruit's or a company's?",
       asks={f"no example rather than {called}": more(lambda f, k=k: f["bits_0"] - f[f"bits_{k}"], 0.2, "bits")
             for k, called in ((1, "one"), (4, "four"))})
def ambiguity(seed: int) -> dict[str, float]:
    """How undecided the model is, in bits, between the fruit and the company of the same name."""
    model, tokenizer = load_model("orchard-s")
    return {f"bits_{k}": mean(fruit_or_company(model, tokenizer, key, k, seed)[1] for key in homonyms())
            for k in (0, 1, 4)}


@ambiguity.told
def tell_ambiguity(f: Figures) -> str:
    """The three entropies."""
    return (f"Between the fruit and the company of one name, the model is undecided by {f['bits_0']} bits of 1 with no "
            f"example, {f['bits_1']} with one and {f['bits_4']} with four.")


@claim("C71", "Prompting neither adds nor changes parameters", (GOOGLE,), lesson="01", core=True, tolerance=0.0,
       figures=("added", "changed"), kind=CONSTRUCTED, question="Has a model the same parameters after prompting?",
       asks={"parameters added": same(lambda f: f["added"], 0.5, "parameters"),
             "hashes that changed": same(lambda f: f["changed"], 0.5, "hashes")})
def unchanged(seed: int) -> dict[str, float]:
    """How many parameters prompting adds, and whether the hash of the weights is another one after it (1 or 0)."""
    model, tokenizer = load_model("orchard-s")
    before, count = weights_hash(model), sum(p.numel() for p in model.parameters())
    for relation in relations().values():
        few_shot_answers(model, tokenizer, relation, relation.report, 1, seed)
    added = sum(p.numel() for p in model.parameters()) - count
    return {"added": added, "changed": float(weights_hash(model) != before)}


@unchanged.told
def tell_unchanged(f: Figures) -> str:
    """What was compared."""
    return (f"Parameters added: {f['added'].mean:.0f}. The hash of all weights after the questions is "
            f"{'another one' if f['changed'].mean else 'the same as before'}.")
