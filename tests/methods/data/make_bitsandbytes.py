"""How bitsandbytes.safetensors was made: by the CPU code of bitsandbytes 0.50.2, in an environment of its own.

    pip install bitsandbytes==0.50.2
    python tests/methods/data/make_bitsandbytes.py

For each matrix: weight (d_out, d_in), block (the block size), and what bitsandbytes makes of it under NF4: packed, two
codes to a byte, scales (blocks,), and back (d_out, d_in), the matrix that the codes stand for. `levels` are its 16.
"""
from pathlib import Path

import bitsandbytes
import torch
from bitsandbytes.functional import dequantize_4bit, quantize_4bit
from safetensors.torch import save_file

MATRICES = {"rows of whole blocks": ((16, 64), 64), "a shorter last block": ((5, 100), 64),
            "an odd count": ((7, 13), 32), "a large block": ((24, 40), 512), "with zeros": ((4, 64), 32)}

if __name__ == "__main__":
    torch.manual_seed(0)
    tensors = {}
    for name, (shape, block) in MATRICES.items():
        weight = torch.randn(shape) * 0.05
        if name == "with zeros":
            weight[:2] = 0
        packed, state = quantize_4bit(weight, blocksize=block, quant_type="nf4")
        found = {"weight": weight, "block": torch.tensor(block), "packed": packed.flatten(), "scales": state.absmax,
                 "back": dequantize_4bit(packed, state)}
        tensors |= {f"{name}.{key}": tensor.contiguous() for key, tensor in found.items()}
        tensors["levels"] = state.code.clone()
    save_file(tensors, Path(__file__).parent / "bitsandbytes.safetensors", {"bitsandbytes": bitsandbytes.__version__})
