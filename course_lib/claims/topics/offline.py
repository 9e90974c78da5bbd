"""Offline inference: answers that are computed ahead, and looked up when somebody asks."""
from course_lib.claims.claim import BEYOND, GOOGLE, Figures, claim, more, same, share
from course_lib.experiments import once
from course_lib.experiments.offline_costs import BATCH, online_and_ahead
from course_lib.experiments.offline_matched import AHEADS, LIKE, STREAMS, WAYS, coverage
from course_lib.experiments.offline_stream import AHEAD, QUERIES

BASES = ("orchard-s",)
FOUND = {"words": "the same words", "letters": "nearly the same letters", "meaning": "nearly the same hidden state"}
ASKED = {"steep": "a few facts lead", "even": "all facts alike"}


@claim("C73", "Predict ahead, cache, look up: replaces slow online calls", (GOOGLE,), lesson="11", core=True,
       tolerance=0.15,
       question="Where a question was answered ahead, sign by sign: does a look into the cache take less than a tenth "
                "of the model's time, and is its answer as often right?",
       asks={"processor time of the model, alone, over a lookup's": more(
                 lambda f: f["lookup_powers"], 1, "powers of ten"),
             "right answers to what is found, looked up rather than asked": same(
                 lambda f: f["found_right"] - f["online_right"], 0.01)},
       figures=("hits", "online_right", "found_right", "asked_operations", "missed_operations", "ahead_operations",
                "lookup_powers", "batch_powers"))
def ahead(seed: int) -> dict[str, float]:
    """A stream of questions, asked one by one and looked up: right answers, operations, and time in turns."""
    return once(online_and_ahead, BASES, seed)


@ahead.told
def tell_ahead(f: Figures) -> str:
    """What a stream costs, and from when on looking up is cheaper."""
    asked, missed, before = (f[f"{what}_operations"].mean for what in ("asked", "missed", "ahead"))
    return (f"The model needs {asked:.1f} billion operations for {QUERIES:,} questions. The cache holds "
            f"{share(f['hits'])} of them, so {missed:.1f} are left; what was answered ahead took {before:.1f}, "
            f"which is saved after {QUERIES * before / (asked - missed):,.0f} questions. A question alone takes "
            f"{10 ** f['lookup_powers'].mean:,.0f} times as long as a lookup, and {10 ** f['batch_powers'].mean:.0f} "
            f"times as long as one of {BATCH} that are read together.")


@claim("C74", "Google cached 800+ vaccine names in 50+ languages, then matched live traffic", (GOOGLE,), lesson="11",
       core=True, tolerance=0.1, kind=BEYOND,
       question=f"In our world, with {AHEAD:,} facts answered ahead: is more than half of a stream found by its words, "
                "and are the near matches right?",
       asks={f"found by the same words, {ASKED[name]}": more(
                 lambda f, name=name: f[f"{name}_words_found"], 0.5) for name in STREAMS} | {
           f"another question's answer, of what {FOUND[way]} find, {ASKED[name]}": same(
                 lambda f, name=name, way=way: f[f"{name}_{way}_false"], 0.01) for way in LIKE for name in STREAMS},
       figures=(*(f"{name}_{figure}" for name in STREAMS for figure in (
           "online_right", *(f"{way}_{what}" for way in WAYS for what in ("found", "right", "false")
                             if what != "false" or way in LIKE))), *(f"ahead_{ahead}" for ahead in AHEADS)))
def matched_traffic(seed: int) -> dict[str, float]:
    """What is found of two streams, by four ways to match; of it what is another question's; and what is right."""
    return once(coverage, BASES, seed)


@matched_traffic.told
def tell_matched_traffic(f: Figures) -> str:
    """Found and right by way to match, and the long tail."""
    told = lambda name: "; ".join(f"{share(f[f'{name}_{way}_found'])} and {share(f[f'{name}_{way}_right'])} by "
                                  + ("the same signs" if way == "exact" else FOUND[way]) for way in WAYS)
    streams = " ".join(f"Where {ASKED[name]}, the model alone is right in {share(f[f'{name}_online_right'])}; found, "
                       f"and right with the model for the rest: {told(name)}." for name in STREAMS)
    tail = ", ".join(f"{share(f[f'ahead_{ahead}'])} with {ahead:,} facts" for ahead in AHEADS)
    return (f"{streams} Where a few lead, the same words find {tail} answered ahead. How people ask is our choice "
            "here, so this says nothing of Google's traffic. In our world:")
