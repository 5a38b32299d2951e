#!/usr/bin/env python3
"""Makes the reference answers for conversions to f32: TYPE.bytes as stored, TYPE.f32 what they mean.

Block types: random blocks with sane scales, dequantised by the Python package gguf 0.19.0 (ggml's reference
implementation in numpy). Small floats: every code, or a sample of them, by numpy 2 and ml_dtypes 0.6.
"""
import pathlib

import gguf
import ml_dtypes
import numpy as np

FOLDER = pathlib.Path(__file__).parent
BLOCKS = 3
SCALES = {"Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0], "Q2_K": [80, 82], "Q3_K": [108],
          "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208]}  # byte offsets of the f16 scales in a block


def save(name, stored, values):
    (FOLDER / f"{name}.bytes").write_bytes(stored.tobytes())
    (FOLDER / f"{name}.f32").write_bytes(values.astype("<f4").tobytes())


def main():
    random = np.random.default_rng(7)
    for name, offsets in SCALES.items():
        kind = gguf.GGMLQuantizationType[name]
        blocks = random.integers(0, 256, (BLOCKS, gguf.GGML_QUANT_SIZES[kind][1]), dtype=np.uint8)
        for offset in offsets:
            blocks[:, offset:offset + 2] = random.normal(0, 0.1, (BLOCKS, 1)).astype("<f2").view(np.uint8)
        save(name.lower(), blocks, gguf.dequantize(blocks, kind))
    codes = np.arange(256, dtype=np.uint8)
    save("f8_e4m3", codes, codes.view(ml_dtypes.float8_e4m3fn))
    save("f8_e5m2", codes, codes.view(ml_dtypes.float8_e5m2))
    sample = np.arange(0, 65536, 7, dtype=np.uint16)
    save("f16", sample, sample.view(np.float16))
    save("bf16", sample, sample.view(ml_dtypes.bfloat16))


if __name__ == "__main__":
    main()
