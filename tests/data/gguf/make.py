#!/usr/bin/env python3
"""Makes small.gguf and small.f32 by the Python package gguf 0.19.0: a file as other programs write them.

small.f32 holds the values of the tensors in the order of their names, as that package dequantises them.
"""
import pathlib

import gguf
import numpy as np

FOLDER = pathlib.Path(__file__).parent


def main():
    random = np.random.default_rng(3)
    writer = gguf.GGUFWriter(FOLDER / "small.gguf", "sd1")
    writer.add_array("comfy.gguf.orig_shape.conv", [2, 4, 4, 4])
    writer.add_array("tokenizer.ggml.tokens", [f"token{i}" for i in range(100)])
    writer.add_array("numbers", [1.5, 2.5])
    writer.add_uint64("big", 1 << 40)
    writer.add_bool("yes", True)
    values = {}
    for name, shape, kind in [("plain", (3, 5), "F32"), ("half", (7,), "F16"), ("conv", (4, 32), "Q8_0"),
                              ("q4", (2, 64), "Q4_0"), ("brain", (2, 3), "BF16")]:
        array = random.normal(0, 1, shape).astype(np.float32)
        kind = gguf.GGMLQuantizationType[kind]
        stored = gguf.quantize(array, kind) if kind > 1 else array.astype([np.float32, np.float16][kind])
        writer.add_tensor(name, stored, raw_dtype=kind)
        values[name] = gguf.dequantize(stored, kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    (FOLDER / "small.f32").write_bytes(b"".join(values[name].astype("<f4").tobytes() for name in sorted(values)))


if __name__ == "__main__":
    main()
