#!/usr/bin/env python3
"""Packs the merges.txt of CLIP's tokeniser into src/tokenizer/clip_merges.bin: pairs of 16-bit ids, little-endian, by rank.

The ids follow from the order (the 256 byte symbols, the same with </w>, then one id for each merge), so the pairs say all.
"""

import argparse
import pathlib
import struct

ROOT = pathlib.Path(__file__).resolve().parent.parent


def byte_symbols():
    """In the order of their ids: printable bytes, then the others, which are moved to 256 and up."""
    printable = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    moved = 256 - len(printable)
    return [chr(byte) for byte in printable] + [chr(256 + i) for i in range(moved)]


def pack(merges_text):
    symbols = byte_symbols()
    ids = {token: number for number, token in enumerate(symbols + [symbol + "</w>" for symbol in symbols])}
    packed = bytearray()
    for line in merges_text.splitlines():
        if not line or line.startswith("#version"):
            continue
        left, right = line.split(" ")
        packed += struct.pack("<HH", ids[left], ids[right])
        ids[left + right] = len(ids)
    return bytes(packed)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("merges", type=pathlib.Path, help="merges.txt")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "src" / "tokenizer" / "clip_merges.bin")
    options = parser.parse_args()
    options.out.write_bytes(pack(options.merges.read_text(encoding="utf-8")))


if __name__ == "__main__":
    main()
