"""A cache with room: keys and values are written into their place, and what was read before is not copied again.

transformers' own cache grows by `torch.cat`, which copies all of it at every token, for every prompt of a batch. Here
the memory is asked for once. Batch after batch is read behind the same prefix, which stays where it is.
Shapes: B prompts, H heads of keys, P tokens of the prefix, T tokens to read now, R places behind the prefix, d_head.
"""
import torch
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer


class Room(DynamicLayer):
    """One block's keys and values: P that were read, for each of B prompts, and R places behind."""

    def __init__(self, keys: torch.Tensor, values: torch.Tensor, B: int, R: int):
        super().__init__()
        self.P = keys.shape[2]
        self.places = [one.new_empty(B, one.shape[1], self.P + R, one.shape[3])
                       for one in (keys, values)]
        for place, one in zip(self.places, (keys, values)):
            place[:, :, :self.P] = one                    # (1, H, P, d_head) -> (B, H, P, d_head)
        self.dtype, self.device, self.is_initialized = keys.dtype, keys.device, True
        self.show(B, self.P)

    def show(self, B: int, count: int) -> None:
        """The model sees the first B prompts, and so many of their tokens."""
        self.keys, self.values = (place[:B, :, :count] for place in self.places)  # views, no copies

    def update(self, key_states: torch.Tensor, value_states: torch.Tensor, *args, **kwargs):
        """Writes what was read just now, (B, H, T, d_head), behind the rest, and gives all of it."""
        B, count, T = len(key_states), self.keys.shape[2], key_states.shape[2]
        for place, new in zip(self.places, (key_states, value_states)):
            place[:B, :, count:count + T] = new
        self.show(B, count + T)
        return self.keys, self.values                     # (B, H, count + T, d_head)

    def batch_select_indices(self, indices: torch.Tensor) -> None:
        """Keeps these of the prompts: they move up. The prefix before them is the same for all."""
        count = self.keys.shape[2]
        for place in self.places:
            place[:len(indices), :, self.P:count] = place[indices, :, self.P:count]
        self.show(len(indices), count)


def with_room(cache: DynamicCache, B: int, R: int) -> DynamicCache:
    """A new cache: what this one has read, before B prompts, and room for R tokens of each."""
    new = DynamicCache()
    new.layers = [Room(layer.keys, layer.values, B, R) for layer in cache.layers]
    return new


def back_to_prefix(cache: DynamicCache, B: int) -> DynamicCache:
    """The same memory for the next B prompts: what stood behind the prefix counts no more."""
    for layer in cache.layers:
        layer.show(B, layer.P)
    return cache
