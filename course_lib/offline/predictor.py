"""A window of prompts: each distinct one once, from the cache where it is there, the others in planned batches."""
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from course_lib.architecture import check_tokens, context_of
from course_lib.errors import unknown, whole_number
from course_lib.offline.cache import Cache
from course_lib.offline.checking import check_pair, unreadable
from course_lib.offline.generating import can_share, generate, read_prefix
from course_lib.offline.keys import key_parts, prompt_key, run_key
from course_lib.offline.planning import plan
from course_lib.prompting.reading import attached, encode_open
from course_lib.prompting.tokens import answer_text, line_end, stop_tokens

BATCH, MOST = 128, 16            # prompts read at once, and tokens written for each at most
UNTIL = ("newline", "end")


@dataclass(frozen=True)
class Broken:
    """Why a prompt has no answer."""

    reason: str


class Predictor:
    """A model, and what was decided about its answers.

    `until` is where an answer ends: at its first "newline", or at the "end" of the text. A prompt is read as it is, and
    the most probable token taken again and again: no template, and of the model's own generation settings only its end.
    `cached` and `computed` count the distinct prompts so far.
    """

    def __init__(self, model, tokenizer, method=None, *, batch_size: int = BATCH, max_new_tokens: int = MOST,
                 until: str = "newline", cache: Cache | None = None):
        check_pair(model, tokenizer, method)
        if until not in UNTIL:
            raise unknown("place where an answer ends", until, UNTIL)
        self.model, self.tokenizer, self.method, self.until = model, tokenizer, method, until
        self.batch_size = whole_number("batch_size", batch_size, 1)
        self.virtual = getattr(method, "length", 0)          # vectors before the text
        places = context_of(model) - self.virtual
        self.most = whole_number("max_new_tokens", max_new_tokens, 1, places - 1)
        self.room = places - self.most                       # for a prompt, in tokens
        newline = {line_end(tokenizer)} if until == "end" else set()
        self.stops = [token for token in stop_tokens(model, tokenizer) if token not in newline]
        decoding = {"max_new_tokens": self.most, "until": until, "stops": self.stops, "temperature": 0}
        self.run = run_key(key_parts(model, tokenizer, method, decoding))
        self.cache = Cache() if cache is None else cache
        self.cached = self.computed = 0

    def answers(self, prompts: Sequence[object],
                tick: Callable[[int], object] = lambda rows: None) -> list[str | Broken]:
        """The answer to each prompt, in their order; `tick` is told how many more are there, whenever some are.

        All are planned together: give thousands of them, and not millions. After every batch what was computed is in
        the cache.
        """
        broken = [why and Broken(why) for why in map(unreadable, prompts)]
        times = Counter(prompt for prompt, why in zip(prompts, broken) if why is None)
        keys = {prompt: prompt_key(self.run, prompt) for prompt in times}
        known = self.cache.get(keys.values())
        self.cached += len(self.cache.new(keys.values()) & known.keys())
        left = sum(times[prompt] for prompt, key in keys.items() if key not in known)
        tick(len(prompts) - left)
        too_long: dict[str, Broken] = {}
        if left:
            too_long = self.compute(keys, known, lambda some: tick(sum(times[prompt] for prompt in some)))
            known = self.cache.get(keys.values())      # where another process was first, its answers
        return [why or too_long.get(prompt) or known[keys[prompt]] for prompt, why in zip(prompts, broken)]

    def compute(self, keys: dict[str, bytes], known: dict[bytes, str],
                done: Callable[[Sequence[str]], object]) -> dict[str, Broken]:
        """Puts into the cache what is not known yet, batch by batch; returns the prompts that cannot be read.

        What is known is planned with the rest, and left out afterwards: a run that was stopped goes on with the batches
        that were left, and so gives, bit by bit, the answers of one that was not.
        """
        rows, broken = {}, {}
        for prompt, ids in zip(keys, encode_open(self.tokenizer, list(keys))):
            if 0 < len(ids) <= self.room:
                rows[prompt] = ids
            else:
                broken[prompt] = Broken(self.why_not(len(ids)))
        done(list(broken))
        if not rows:
            return broken
        texts, tokens = list(rows), list(rows.values())
        check_tokens(self.model, [token for ids in tokens for token in ids])
        share = can_share(self.model, self.method, self.virtual + max(map(len, tokens)) + self.most)
        with torch.no_grad(), attached(self.model, self.method):
            for group in plan(tokens, self.batch_size, share):
                left = [row for row in group.rows if keys[texts[row]] not in known]
                prefix = None
                for start in range(0, len(left), self.batch_size):
                    part = left[start:start + self.batch_size]
                    if group.prefix and prefix is None:
                        prefix = read_prefix(self.model, [tokens[row] for row in left], group.prefix, len(part),
                                             self.most, self.method)
                    new = generate(self.model, [tokens[row] for row in part], prefix, self.most, self.stops,
                                   self.method)
                    self.cache.put({keys[texts[row]]: self.text_of(ids) for row, ids in zip(part, new)})
                    self.computed += len(part)
                    done([texts[row] for row in part])
        return broken

    def text_of(self, ids: list[int]) -> str:
        """What these new tokens say, up to where an answer ends, without spaces around it."""
        if self.until == "newline":
            return answer_text(self.tokenizer, ids, self.stops)
        end = next((place for place, token in enumerate(ids) if token in self.stops), len(ids))
        return self.tokenizer.decode(ids[:end]).strip()

    def why_not(self, length: int) -> str:
        """Why a prompt of so many tokens cannot be read."""
        if not length:
            return "the tokenizer makes no tokens of the prompt"
        vectors = f" beside the {self.virtual} vectors of the method" if self.virtual else ""
        return (f"the prompt has {length} tokens, and with {self.most} for the answer this model reads at most "
                f"{self.room}{vectors}")
