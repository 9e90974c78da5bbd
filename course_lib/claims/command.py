"""`course claims`: list, run and verify the measured claims."""
import argparse
import json
import time
from importlib.metadata import version

from tqdm.auto import tqdm

from course_lib import claims
from course_lib.errors import CourseError


def listing() -> str:
    """Every claim with its lesson, figures, seeds and verdict."""
    rows = []
    for lesson in claims.LESSONS:
        for claim in claims.by_lesson(lesson):
            try:
                record, figures = claims.read_record(claim.id), claims.recorded(claim.id)
            except CourseError:
                rows.append(f"{claim.id}  lesson {lesson}  {claim.text}\n      not measured yet")
                continue
            shown = ", ".join(f"{name} {figure}" for name, figure in figures.items())
            verdict = claim.judge(figures)
            rows.append(
                f"{claim.id}  lesson {lesson}  {claim.text} ({claim.source})\n"
                f"      {verdict.word}: {verdict.because}\n      {shown} (seeds {len(record['seeds'])})"
            )
    return "\n".join(rows)


def run(claim_id: str, n_seeds: int) -> dict:
    """Measure one claim with seeds 0 … n-1 and write its record."""
    claim = claims.get(claim_id)
    runs = [claim.measure(seed) for seed in tqdm(range(n_seeds), desc=claim_id, unit="seed")]
    record = {
        "claim": claim_id,
        "command": f"course claims run {claim_id} --seeds {n_seeds}",
        "seeds": list(range(n_seeds)),
        "figures": {name: [round(r[name], 6) for r in runs] for name in runs[0]},
        "tolerance": claim.tolerance,
        "packages": {name: version(name).split("+")[0] for name in ("torch", "transformers")},
    }
    path = claims.record_path(claim_id)
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    return record


def differences(claim_id: str, seed: int) -> list[str]:
    """Where one seed, measured again, leaves the record by more than the claim's tolerance (relative above 1)."""
    claim, record = claims.get(claim_id), claims.read_record(claim_id)
    index, again = record["seeds"].index(seed), claim.measure(seed)
    found = []
    for name, values in record["figures"].items():
        allowed = claim.tolerance * max(1.0, abs(values[index]))
        if abs(again[name] - values[index]) > allowed:
            found.append(f"{claim_id}, seed {seed}, {name}: recorded {values[index]:.4g}, now {again[name]:.4g}")
    return found


def main(argv: list[str]) -> int:
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
    for claim_id in ids:
        claims.get(claim_id)  # a name that does not exist is said before anything is measured
    failed = []
    for claim_id in ids:
        start = time.perf_counter()
        if args.action == "run":
            if args.seeds < 1:
                raise CourseError(f"--seeds was {args.seeds}; it must be at least 1.")
            run(claim_id, args.seeds)
            verdict = claims.get(claim_id).judge(claims.recorded(claim_id))
            print(f"{claim_id} {verdict.word}: {verdict.because} ({time.perf_counter() - start:.0f} s)", flush=True)
        else:
            seeds = claims.read_record(claim_id)["seeds"]
            found = [d for seed in (seeds if args.all_seeds else seeds[:1]) for d in differences(claim_id, seed)]
            print(f"{claim_id} {'agrees' if not found else 'DIFFERS'} ({time.perf_counter() - start:.0f} s)", *found, sep="\n  ")
            failed += found
    return 1 if failed else 0
