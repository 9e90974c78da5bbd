"""Rows with their answers: each distinct prompt once, from the cache or in planned batches."""
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Set
from functools import cached_property, partial

from course_lib.architecture import check_tokens, context_of
from course_lib.errors import unknown, whole_number
from course_lib.offline.cache import Cache, Memory
from course_lib.offline.checking import check_pair, unreadable
from course_lib.offline.generating import can_share
from course_lib.offline.keys import key_parts, prompt_key, run_key
from course_lib.offline.planning import BATCH, MOST, UNTIL, Batch, parts, plan
from course_lib.offline.windows import Broken, Key, Row, Window, windows
from course_lib.offline.writer import Writer
from course_lib.prompting.reading import encode_open
from course_lib.workers import Here

PART = 2**13   # tokens, read and written, that a worker gets at a time


class Predictor:
    """A model, and what was decided about its answers.

    `until` is where an answer ends: at its first "newline", or at the "end" of the text. A prompt
    is read as it is, and the most probable token taken again and again: no template, and of the
    model's own generation settings only its end. Without a cache, answers are kept as long as this
    is. `computed` counts the prompts that were.
    """

    def __init__(self, model, tokenizer, method=None, *, batch_size: int = BATCH,
                 max_new_tokens: int = MOST, until: str = UNTIL[0], cache: Cache | None = None):
        check_pair(model, tokenizer, method)
        if until not in UNTIL:
            raise unknown("place where an answer ends", until, UNTIL)
        self.model, self.tokenizer, self.method = model, tokenizer, method
        self.batch_size = whole_number("batch_size", batch_size, 1)
        self.virtual = getattr(method, "length", 0)   # vectors before the text
        places = context_of(model) - self.virtual
        self.most = whole_number("max_new_tokens", max_new_tokens, 1, places - 1)
        self.room = places - self.most                # for a prompt, in tokens
        self.writer = Writer(model, tokenizer, method, self.most, until)
        self.cache = Memory() if cache is None else cache
        self.key_of = str if cache is None else partial(prompt_key, run_key(self.parts))
        self.computed = 0

    @cached_property
    def parts(self) -> dict[str, str]:
        """What every answer depends on besides its prompt, as hashes (`key_parts`)."""
        decoding = {"max_new_tokens": self.most, "until": self.writer.until,
                    "stops": self.writer.stops, "temperature": 0}
        return key_parts(self.model, self.tokenizer, self.method, decoding)

    def answered(self, rows: Iterable[Row], prompt_of: Callable[[Row], object],
                 tick: Callable[[int], object] = lambda rows: None, workers: Here | None = None
                 ) -> Iterator[tuple[list[Row], list[str | Broken]]]:
        """(rows, their answers), thousands at a time and in their order, read as they are needed.

        Args:
            rows: what has the prompts, such as the rows of a file.
            prompt_of: gives the prompt of a row, or a Broken.
            tick: is told how many rows more have their answer, whenever some have.
            workers: who do `writer.write` for what is planned; else this process does.

        What was computed is in the cache as soon as it comes. A prompt that is known, or on its
        way, is planned with the rest, and left out afterwards: a run that was stopped, or has
        workers, reads the same batches as one that was not and has none, and so gives, bit by bit,
        the same answers.
        """
        begun: deque[Window] = deque()
        least = PART if workers else 0
        workers = workers or Here(self.writer.write)
        for some in windows(rows, prompt_of):
            coming = set().union(*(window.missing for window in begun))
            window, batches = self.window(some, prompt_of, coming)
            begun.append(window)
            tick(len(some) - window.count(window.missing))
            for part in parts(batches, self.most, least):
                workers.hand(part)
                while workers.full:
                    self.take(workers, begun, tick)
            yield from self.whole(begun)
            while len(begun) > workers.count:         # a slow part keeps all behind it waiting
                self.take(workers, begun, tick)
                yield from self.whole(begun)
        while begun:
            self.take(workers, begun, tick)
            yield from self.whole(begun)

    def take(self, workers: Here, begun: Iterable[Window], tick: Callable[[int], object]) -> None:
        """Takes what a worker gives back, and keeps it."""
        batches, texts = workers.take()
        keys = [key for batch in batches for key in batch.keys]
        self.cache.put(dict(zip(keys, texts)))
        self.computed += len(keys)
        for window in begun:
            came = window.missing.intersection(keys)
            window.missing -= came
            tick(window.count(came))

    def whole(self, begun: deque[Window]) -> Iterator[tuple[list, list[str | Broken]]]:
        """The first windows, as far as they have all their answers."""
        while begun and not begun[0].missing:
            window = begun.popleft()
            known = self.cache.get(window.times)      # where another process was first, its answers
            yield window.rows, [key if isinstance(key, Broken) else known[key]
                                for key in window.keys]

    def window(self, rows: list[Row], prompt_of: Callable[[Row], object],
               coming: set[Key]) -> tuple[Window, list[Batch]]:
        """The rows together, and the batches for what is neither kept nor `coming`."""
        keys, texts = [], {}                          # of each row; of each distinct prompt
        for prompt in map(prompt_of, rows):
            if not isinstance(prompt, Broken) and (why := unreadable(prompt)):
                prompt = Broken(why)
            if not isinstance(prompt, Broken) and prompt not in texts:
                texts[prompt] = self.key_of(prompt)
            keys.append(texts.get(prompt, prompt))
        known, batches = self.cache.get(texts.values()).keys(), []
        if len(known) < len(texts):
            too_long, batches = self.planned(texts, known | coming)
            keys = [too_long.get(key, key) for key in keys]
        times = Counter(key for key in keys if not isinstance(key, Broken))
        return Window(rows, keys, times, times.keys() - known), batches

    def planned(self, texts: dict[str, Key],
                settled: Set[Key]) -> tuple[dict[Key, Broken], list[Batch]]:
        """(why some prompts cannot be read, by their keys; batches of what is not settled)."""
        rows, broken = {}, {}
        for key, ids in zip(texts.values(), encode_open(self.tokenizer, list(texts))):
            if 0 < len(ids) <= self.room:
                rows[key] = ids
            else:
                broken[key] = Broken(self.why_not(len(ids)))
        if not rows:
            return broken, []
        keys, tokens, batches = list(rows), list(rows.values()), []
        check_tokens(self.model, [token for ids in tokens for token in ids])
        longest = max(map(len, tokens))
        share = can_share(self.model, self.method, self.virtual + longest + self.most)
        for group in plan(tokens, self.batch_size, share):
            left = [row for row in group.rows if keys[row] not in settled]
            for start in range(0, len(left), self.batch_size):
                some = left[start:start + self.batch_size]
                batches.append(Batch(group.prefix, [tokens[row] for row in some],
                                     [keys[row] for row in some]))
        return broken, batches

    def why_not(self, length: int) -> str:
        """Why a prompt of so many tokens cannot be read."""
        if not length:
            return "the tokenizer makes no tokens of the prompt"
        vectors = f" beside the {self.virtual} vectors of the method" if self.virtual else ""
        return (f"the prompt has {length} tokens, and with {self.most} for the answer this model "
                f"reads at most {self.room}{vectors}")
