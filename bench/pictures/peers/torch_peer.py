#!/usr/bin/env python3
"""PyTorch with diffusers in bf16, channels_last. usage: torch_peer.py MODEL WIDTH HEIGHT REPEATS THREADS PART"""

import sys

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from transformers import CLIPTextModel

from common import best_of, tell


def main():
    model, part = sys.argv[1], sys.argv[6]
    width, height, repeats, threads = map(int, sys.argv[2:6])
    torch.set_num_threads(threads)
    options = dict(torch_dtype=torch.bfloat16, local_files_only=True)
    latent = (height // 8, width // 8)
    with torch.inference_mode():
        if part == "unet":
            unet = UNet2DConditionModel.from_pretrained(model, subfolder="unet", **options).to(memory_format=torch.channels_last)
            x = torch.randn(2, 4, *latent, dtype=torch.bfloat16).contiguous(memory_format=torch.channels_last)
            context = torch.randn(2, 77, unet.config.cross_attention_dim, dtype=torch.bfloat16)
            tell(unet=best_of(lambda: unet(x, torch.tensor(500), context), repeats))
        elif part == "vae":
            vae = AutoencoderKL.from_pretrained(model, subfolder="vae", **options).to(memory_format=torch.channels_last)
            z = torch.randn(1, 4, *latent, dtype=torch.bfloat16).contiguous(memory_format=torch.channels_last)
            tell(vae=best_of(lambda: vae.decode(z), repeats))
        else:
            text = CLIPTextModel.from_pretrained(model, subfolder="text_encoder", **options)
            ids = torch.randint(0, 40000, (1, 77))
            tell(text=best_of(lambda: text(ids), repeats * 3))


if __name__ == "__main__":
    main()
