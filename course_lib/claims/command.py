"""`course claims`: list, run, verify and restamp the measured claims."""
import argparse
import json
import platform
import time
from collections.abc import Callable
from importlib.metadata import version

from tqdm.auto import tqdm

from course_lib import claims
from course_lib.claims import recipe
from course_lib.claims.claim import Claim
from course_lib.errors import CourseError, whole_number
from course_lib.experiments.store import base_hash, kept
from course_lib.files import write_text


def listing() -> str:
    """Every claim with its lesson, figures, seeds and verdict."""
    rows = []
    for lesson in claims.lessons():
        for claim in claims.by_lesson(lesson):
            rows.append(f"{claim.id}  lesson {lesson}  {claim.text} ({', '.join(claim.sources)})")
            if not claims.record_path(claim.id).exists():
                rows.append("      not measured yet")
                continue
            figures, seeds = claims.recorded(claim.id), claims.read_record(claim.id)["seeds"]
            shown = ", ".join(f"{name} {figure}" for name, figure in figures.items())
            verdict = claim.judge(figures)
            rows += [f"      {verdict.word}: {verdict.because}", f"      {shown} (seeds {len(seeds)})"]
    return "\n".join(rows)


def weights_of(claim: Claim) -> dict[str, str]:
    """The hash of the weights, as they are now, of each model that the claim is measured on."""
    return {name: base_hash(name) for name in claim.models}


def run(claim_id: str, n_seeds: int) -> None:
    """Measure one claim with seeds 0 … n-1 and write its record; the first, whose recipe is noted, is never kept."""
    claim = claims.get(claim_id)
    weights, runs = weights_of(claim), []
    for seed in tqdm(range(n_seeds), desc=claim_id, unit="seed"):
        if seed == 0:
            with kept(None), recipe.noting() as ran:
                runs.append(claims.measure(claim_id, seed))
        else:
            runs.append(claims.measure(claim_id, seed))
    record = {
        "claim": claim_id,
        "command": f"course claims run {claim_id} --seeds {n_seeds}",
        "seeds": list(range(n_seeds)),
        "figures": {name: [round(run[name], 6) for run in runs] for name in claim.figures},
        "tolerance": claim.tolerance,
        "packages": {name: version(name).split("+")[0] for name in ("torch", "transformers")},
        "processor": platform.processor() or platform.machine(),
        "weights_hash": weights,
        "recipe": recipe.recipe(ran),
    }
    try:
        write_record(claim_id, record)
    except OSError as error:
        raise CourseError(f"The runs of {claim_id} cannot be recorded: {error}. Measured were: {runs}.") from error


def write_record(claim_id: str, record: dict) -> None:
    path = claims.record_path(claim_id)
    path.parent.mkdir(exist_ok=True)
    write_text(path, json.dumps(record, indent=1) + "\n")


def stale_models(claim_id: str) -> list[str]:
    """The models whose weights are not those that the claim was recorded on."""
    then = claims.read_record(claim_id)["weights_hash"]
    return [name for name, now in weights_of(claims.get(claim_id)).items() if then.get(name) != now]


def differences(claim_id: str, seed: int, again: dict[str, float]) -> list[str]:
    """Where one seed's figures leave the record by more than the claim's tolerance (relative above 1)."""
    claim, record = claims.get(claim_id), claims.read_record(claim_id)
    index, found = record["seeds"].index(seed), []
    for name in claim.figures:
        before = record["figures"][name][index]
        if not abs(again[name] - before) <= claim.tolerance * max(1.0, abs(before)):  # so that NaN differs
            found.append(f"{claim_id}, seed {seed}, {name}: recorded {before:.4g}, now {again[name]:.4g}")
    return found


def verify(claim_id: str, seeds: int | None = 0) -> list[str]:
    """What is not as recorded: the models, the recipe, the figures of so many seeds, measured now; None: of all."""
    record = claims.read_record(claim_id)
    stale = [f"{claim_id} was recorded on other weights of {name}: run it anew" for name in stale_models(claim_id)]
    stale += [f"{claim_id} was recorded with another {part}: restamp it" for part in recipe.changed(record["recipe"])]
    return stale + [one for seed in record["seeds"][:seeds]
                    for one in differences(claim_id, seed, claims.measure(claim_id, seed))]


def restamp(claim_id: str) -> list[str]:
    """Measures the first seed and records its recipe, if the models and the figures are as recorded; else why not."""
    record = claims.read_record(claim_id)
    seed = record["seeds"][0]
    with recipe.noting() as ran:
        again = claims.measure(claim_id, seed)
    found = [f"{claim_id} was recorded on other weights of {name}: run it anew" for name in stale_models(claim_id)]
    found += differences(claim_id, seed, again)
    if not found:
        write_record(claim_id, record | {"recipe": recipe.recipe(ran)})
    return found


def run_all(ids: list[str], n_seeds: int, keep: str | None = None) -> None:
    """Measures and records every claim, with the experiments in the file `keep`; mistakes are said before all else."""
    whole_number("--seeds", n_seeds, 1)
    for claim in [claims.get(claim_id) for claim_id in ids]:
        start = time.perf_counter()
        with kept(keep):
            run(claim.id, n_seeds)
        verdict = claim.judge(claims.recorded(claim.id))
        print(f"{claim.id} {verdict.word}: {verdict.because} ({time.perf_counter() - start:.0f} s)", flush=True)


def all_agree(ids: list[str], look: Callable[[str], list[str]]) -> bool:
    """Whether `look` finds nothing for any claim; a claim without a record is said before anything is measured."""
    for claim_id in ids:
        claims.read_record(claim_id)
    agree = True
    for claim_id in ids:
        start = time.perf_counter()
        found = look(claim_id)
        said = f"{claim_id} {'DIFFERS' if found else 'agrees'} ({time.perf_counter() - start:.0f} s)"
        print(said, *found, sep="\n  ", flush=True)
        agree &= not found
    return agree


def main(argv: list[str]) -> int:
    """Lists, runs, verifies or restamps claims: 0, or 1 where something differs from its record."""
    parser = argparse.ArgumentParser(prog="course claims", description=__doc__)
    actions = parser.add_subparsers(dest="action")
    actions.add_parser("list", help="every claim with its figures and verdict (the default)")
    runner = actions.add_parser("run", help="measure claims and record the figures")
    verifier = actions.add_parser("verify", help="name each record whose recipe or models have changed, in seconds")
    stamper = actions.add_parser("restamp", help="measure the first seed; where it agrees, record the recipe of now")
    for sub in (runner, verifier, stamper):
        sub.add_argument("ids", nargs="*", metavar="ID", help="such as C68; none means all")
    runner.add_argument("--seeds", type=int, default=5, help="how many seeds (default 5)")
    runner.add_argument("--keep", metavar="FILE", help="keeps experiments, not the first seed's: a stopped run goes on")
    verifier.add_argument("--run", action="store_true", help="measure the first seed again, too")
    verifier.add_argument("--all-seeds", action="store_true", help="measure every recorded seed again")
    args = parser.parse_args(argv)
    if args.action in (None, "list"):
        print(listing())
        return 0
    ids = args.ids or list(claims.all_claims())
    if args.action == "run":
        run_all(ids, args.seeds, args.keep)
        return 0
    if args.action == "restamp":
        return 0 if all_agree(ids, restamp) else 1
    seeds = None if args.all_seeds else 1 if args.run else 0
    return 0 if all_agree(ids, lambda claim_id: verify(claim_id, seeds)) else 1
