#!/usr/bin/env python3
"""Makes a diffusers folder of Stable Diffusion 1.5's shape with random weights: for measuring speed and memory only.

usage: make_model.py FOLDER     (about 2.1 GB, a minute)
"""

import pathlib
import shutil
import sys

import torch
from diffusers import AutoencoderKL, DDIMScheduler, StableDiffusionPipeline, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

UNET = dict(sample_size=64, in_channels=4, out_channels=4, cross_attention_dim=768, attention_head_dim=8,
            block_out_channels=(320, 640, 1280, 1280), layers_per_block=2)
VAE = dict(in_channels=3, out_channels=3, latent_channels=4, block_out_channels=(128, 256, 512, 512), layers_per_block=2,
           down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4, sample_size=512)
TEXT = dict(hidden_size=768, intermediate_size=3072, num_attention_heads=12, num_hidden_layers=12, projection_dim=768,
            max_position_embeddings=77, vocab_size=49408)
SCHEDULER = dict(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", clip_sample=False,
                 set_alpha_to_one=False, steps_offset=1)


def main():
    folder = pathlib.Path(sys.argv[1])
    tokenizer = pathlib.Path(__file__).resolve().parents[2] / "models/diptych-emoji/tokenizer"
    torch.manual_seed(1)
    pipe = StableDiffusionPipeline(
        vae=AutoencoderKL(**VAE), text_encoder=CLIPTextModel(CLIPTextConfig(**TEXT)),
        tokenizer=CLIPTokenizer.from_pretrained(tokenizer), unet=UNet2DConditionModel(**UNET),
        scheduler=DDIMScheduler(**SCHEDULER), safety_checker=None, feature_extractor=None, requires_safety_checker=False)
    work = folder.with_name(folder.name + ".partial")
    shutil.rmtree(work, ignore_errors=True)
    pipe.to(torch.float16).save_pretrained(work)
    work.rename(folder)


if __name__ == "__main__":
    main()
