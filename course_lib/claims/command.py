"""`course claims`: list, run and verify the measured claims."""
import argparse
import json
import time
from importlib.metadata import version

from tqdm.auto import tqdm

from course_lib import claims
from course_lib.claims.claim import Claim
from course_lib.errors import CourseError, whole_number
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
    from course_lib.models import load_model, weights_hash

    return {name: weights_hash(load_model(name)[0]) for name in claim.models}


def run(claim_id: str, n_seeds: int) -> None:
    """Measure one claim with seeds 0 … n-1 and write its record."""
    claim = claims.get(claim_id)
    weights = weights_of(claim)
    runs = [claims.measure(claim_id, seed) for seed in tqdm(range(n_seeds), desc=claim_id, unit="seed")]
    record = {
        "claim": claim_id,
        "command": f"course claims run {claim_id} --seeds {n_seeds}",
        "seeds": list(range(n_seeds)),
        "figures": {name: [round(run[name], 6) for run in runs] for name in claim.figures},
        "tolerance": claim.tolerance,
        "packages": {name: version(name).split("+")[0] for name in ("torch", "transformers")},
        "weights_hash": weights,
    }
    path = claims.record_path(claim_id)
    try:
        path.parent.mkdir(exist_ok=True)
        write_text(path, json.dumps(record, indent=1) + "\n")
    except OSError as error:
        raise CourseError(f"The runs of {claim_id} cannot be recorded: {error}. Measured were: {runs}.") from error


def stale_models(claim_id: str) -> list[str]:
    """The models whose weights are not those that the claim was recorded on."""
    then = claims.read_record(claim_id)["weights_hash"]
    return [name for name, now in weights_of(claims.get(claim_id)).items() if then.get(name) != now]


def differences(claim_id: str, seed: int) -> list[str]:
    """Where one seed, measured again, leaves the record by more than the claim's tolerance (relative above 1)."""
    claim, record = claims.get(claim_id), claims.read_record(claim_id)
    index, again = record["seeds"].index(seed), claims.measure(claim_id, seed)
    found = []
    for name in claim.figures:
        before = record["figures"][name][index]
        if not abs(again[name] - before) <= claim.tolerance * max(1.0, abs(before)):  # so that NaN differs
            found.append(f"{claim_id}, seed {seed}, {name}: recorded {before:.4g}, now {again[name]:.4g}")
    return found


def verify(claim_id: str, all_seeds: bool) -> list[str]:
    """What differs from the record: the models' weights, or figures that are measured again."""
    seeds = claims.read_record(claim_id)["seeds"]
    stale = [f"{claim_id} was recorded on other weights of {name}: run it anew" for name in stale_models(claim_id)]
    return stale + [one for seed in (seeds if all_seeds else seeds[:1]) for one in differences(claim_id, seed)]


def run_all(ids: list[str], n_seeds: int) -> None:
    """Measures and records every claim; mistakes are said before anything is measured."""
    whole_number("--seeds", n_seeds, 1)
    for claim in [claims.get(claim_id) for claim_id in ids]:
        start = time.perf_counter()
        run(claim.id, n_seeds)
        verdict = claim.judge(claims.recorded(claim.id))
        print(f"{claim.id} {verdict.word}: {verdict.because} ({time.perf_counter() - start:.0f} s)", flush=True)


def verify_all(ids: list[str], all_seeds: bool) -> bool:
    """Whether every claim agrees with its record; a claim without one is said before anything is measured."""
    for claim_id in ids:
        claims.read_record(claim_id)
    agree = True
    for claim_id in ids:
        start = time.perf_counter()
        found = verify(claim_id, all_seeds)
        said = f"{claim_id} {'DIFFERS' if found else 'agrees'} ({time.perf_counter() - start:.0f} s)"
        print(said, *found, sep="\n  ", flush=True)
        agree &= not found
    return agree


def main(argv: list[str]) -> int:
    """Lists, runs or verifies claims: 0, or 1 where a figure differs from its record."""
    parser = argparse.ArgumentParser(prog="course claims", description=__doc__)
    actions = parser.add_subparsers(dest="action")
    actions.add_parser("list", help="every claim with its figures and verdict (the default)")
    runner = actions.add_parser("run", help="measure claims and record the figures")
    verifier = actions.add_parser("verify", help="measure recorded claims again and compare")
    for sub in (runner, verifier):
        sub.add_argument("ids", nargs="*", metavar="ID", help="such as C68; none means all")
    runner.add_argument("--seeds", type=int, default=5, help="how many seeds (default 5)")
    verifier.add_argument("--all-seeds", action="store_true", help="every recorded seed, not only the first")
    args = parser.parse_args(argv)
    if args.action in (None, "list"):
        print(listing())
        return 0
    ids = args.ids or list(claims.all_claims())
    if args.action == "run":
        run_all(ids, args.seeds)
        return 0
    return 0 if verify_all(ids, args.all_seeds) else 1
