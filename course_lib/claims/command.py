"""`course claims`: list, run, verify and restamp the measured claims. What measures is imported when it is used."""
import argparse
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context

from course_lib import claims
from course_lib.claims.claim import FAILS, HOLDS, SAME, Claim
from course_lib.errors import CourseError, whole_number


def listing(ids: list[str]) -> str:
    """These claims, each with its lesson, kind, question, verdict, quantities, number of seeds and learning rates."""
    rows = []
    for claim in map(claims.get, ids):
        rows.append(f"{claim.id}  lesson {claim.lesson}  {claim.text} ({', '.join(claim.sources)})")
        rows += [f"      {line}" for line in (told(claim) if claims.record_path(claim.id).exists()
                                              else ["not measured yet"])]
    return "\n".join(rows)


def told(claim: Claim) -> list[str]:
    """What the record of a claim says, in lines."""
    from course_lib.claims import measuring
    from course_lib.experiments import tuning

    record, figures = claims.read_record(claim.id), claims.recorded(claim.id)
    verdict, n = claim.judge(figures), len(record["seeds"])
    lines = [f"{claim.kind}; {'every' if claim.every else 'any'} setting: {claim.question}",
             f"{verdict.word}: {verdict.because.splitlines()[0]}"]
    lines += [f"{setting}: asked is {one.quantity.direction}, {'within' if one.quantity.direction == SAME else 'by'} "
              f"{one.quantity.smallest:g}; {one}" for setting, one in verdict.answers.items()]
    lines += [", ".join(f"{name} {figure}" for name, figure in figures.items()) + f" (seeds {n})",
              measuring.why_so_many(claim, record)]
    known = tuning.known()
    return lines + [f"{tuning.in_words(of)}: {known[of] if of in known else 'no longer kept'}"
                    for of in record.get("tuned", {})]


def measured(claim_id: str, n_seeds: int | None) -> str:
    """Measures and records one claim; the verdict."""
    from course_lib.claims import measuring
    from course_lib.experiments.store import kept

    start = time.perf_counter()
    with kept(measuring.runs_folder() / "runs.jsonl"):
        measuring.run(claim_id, n_seeds)
    verdict = claims.get(claim_id).judge(claims.recorded(claim_id))
    return f"{claim_id} {verdict.word}: {verdict.because} ({time.perf_counter() - start:.0f} s)"


def run_all(ids: list[str], n_seeds: int | None, jobs: int) -> None:
    """Measures and records every claim, so many at a time; a mistake in an id is said before anything is measured."""
    ids = [claims.get(claim_id).id for claim_id in ids]
    if jobs == 1:
        for claim_id in ids:
            print(measured(claim_id, n_seeds), flush=True)
        return
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
        for done in as_completed([pool.submit(measured, claim_id, n_seeds) for claim_id in ids]):
            print(done.result(), flush=True)


def all_stand(ids: list[str], first: int, n_seeds: int | None) -> bool:
    """Whether no claim goes from "holds" to "does not hold" or back with other seeds; says each that changes at all."""
    from course_lib.claims import measuring

    stand = True
    for claim_id in ids:
        claims.read_record(claim_id)
    for claim_id in ids:
        before, now = measuring.check(claim_id, first, n_seeds)
        turned = {before.word, now.word} == {HOLDS, FAILS}
        said = "TURNED" if turned else "the same word" if before.word == now.word else "another word"
        print(f"{claim_id} {said}: recorded {before.word}, now {now.word}: {now.because}", flush=True)
        stand &= not turned
    return stand


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
    """Lists, runs, checks, verifies or restamps claims: 0, or 1 where something differs from its record."""
    parser = argparse.ArgumentParser(prog="course claims", description=__doc__)
    actions = parser.add_subparsers(dest="action")
    lister = actions.add_parser("list", help="every claim with its figures and verdict (the default)")
    runner = actions.add_parser("run", help="measure claims and record the figures; goes on where it was stopped")
    verifier = actions.add_parser("verify", help="name each record whose recipe or models have changed, in seconds")
    stamper = actions.add_parser("restamp", help="measure the first seed; where it agrees, record the recipe of now")
    for sub in (lister, runner, verifier, stamper):
        sub.add_argument("ids", nargs="*", metavar="ID", help="such as C68; none means all")
    runner.add_argument("--seeds", type=int, help="how many seeds (default: as many as a pilot of five asks for)")
    runner.add_argument("--from", type=int, default=0, dest="first", metavar="SEED",
                        help="with --check: the first seed")
    runner.add_argument("--check", action="store_true", help="compare the verdict with the record, which stays")
    runner.add_argument("--jobs", type=int, default=1, help="how many claims at a time, each in one thread (default 1)")
    verifier.add_argument("--run", action="store_true", help="measure the first seed again, too")
    verifier.add_argument("--all-seeds", action="store_true", help="measure every recorded seed again")
    args = parser.parse_args(argv)
    ids = getattr(args, "ids", None) or list(claims.all_claims())
    if args.action in (None, "list"):
        print(listing(ids))
        return 0
    if args.action == "run":
        n_seeds = None if args.seeds is None else whole_number("--seeds", args.seeds, 1)
        if args.check:
            return 0 if all_stand(ids, whole_number("--from", args.first, 0), n_seeds) else 1
        if args.first:
            raise CourseError("--from goes with --check: a record begins with seed 0.")
        run_all(ids, n_seeds, whole_number("--jobs", args.jobs, 1))
        return 0
    from course_lib.claims import measuring

    if args.action == "restamp":
        return 0 if all_agree(ids, measuring.restamp) else 1
    seeds = None if args.all_seeds else 1 if args.run else 0
    return 0 if all_agree(ids, lambda claim_id: measuring.verify(claim_id, seeds)) else 1
