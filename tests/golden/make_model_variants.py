#!/usr/bin/env python3
"""Makes tests/data/model_variants: small random picture models with the less common settings, and what diffusers computes.

Run by hand when a variant is added (the results are committed; no build or test runs this). Needs torch 2.15.0,
diffusers 0.42.1, safetensors and numpy; the same versions give the same files.

    python3 tests/golden/make_model_variants.py tests/data/model_variants

NAME.json is the config that diffusers writes, NAME.safetensors the weights in f16, NAME.npz the inputs and, computed in
f32 from those weights, the outputs.
"""

import argparse
import json
import pathlib

import numpy
import torch
from diffusers import AutoencoderKL, AutoencoderTiny, UNet2DConditionModel
from safetensors.torch import save_file

CONTEXT_TOKENS = 5


def randomized(model, seed):
    """Norms near one, no layer left at zero, every value one of f16."""
    generator = torch.Generator().manual_seed(seed)
    for name, parameter in sorted(model.named_parameters()):
        draw = torch.randn(parameter.shape, generator=generator)
        if parameter.ndim == 1:
            near = 1.0 if "norm" in name and name.endswith("weight") else 0.0
            parameter.copy_(near + 0.1 * draw)
        else:
            parameter.copy_(draw / parameter[0].numel() ** 0.5)
        parameter.copy_(parameter.half().float())
    return model.eval()


def noise(seed, *shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def write(folder, name, model, arrays):
    config = {key: value for key, value in model.config.items() if key != "_use_default_values"}
    config = {"_class_name": type(model).__name__, **config}
    (folder / f"{name}.json").write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
    save_file({key: value.half().contiguous() for key, value in model.state_dict().items()}, folder / f"{name}.safetensors")
    numpy.savez_compressed(folder / f"{name}.npz", **{key: value.numpy() for key, value in arrays.items()})


def unet_guided(folder):
    """Nearly every switch away from its default; a latent of odd sides."""
    model = randomized(UNet2DConditionModel(
        in_channels=3, out_channels=5, block_out_channels=(8, 16, 8), layers_per_block=1, norm_num_groups=4, norm_eps=1e-4,
        down_block_types=("CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"), only_cross_attention=(True, False, False),
        attention_head_dim=(2, 4, 2), cross_attention_dim=12, encoder_hid_dim=10, encoder_hid_dim_type="text_proj",
        time_cond_proj_dim=6, time_embedding_dim=20, timestep_post_act="silu", time_embedding_act_fn="gelu", freq_shift=1,
        flip_sin_to_cos=False, resnet_time_scale_shift="scale_shift", center_input_sample=True, conv_in_kernel=5,
        conv_out_kernel=1, mid_block_scale_factor=1.5, act_fn="gelu"), 1)
    sample, context, guidance = noise(2, 2, 3, 9, 7), noise(3, 2, CONTEXT_TOKENS, 10), noise(4, 2, 6)
    timestep = torch.tensor([17.5, 901.0])
    out = model(sample, timestep, context, timestep_cond=guidance).sample
    write(folder, "unet_guided", model, dict(sample=sample, context=context, timestep=timestep, guidance=guidance, out=out))


def unet_asymmetric(folder):
    """Depths that differ on the way up, levels of different lengths, no attention in the middle; control residuals."""
    model = randomized(UNet2DConditionModel(
        block_out_channels=(8, 8, 16), layers_per_block=(1, 2, 1), norm_num_groups=4, downsample_padding=0,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"), mid_block_type="UNetMidBlock2D",
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"), attention_head_dim=2,
        cross_attention_dim=12, use_linear_projection=True, transformer_layers_per_block=[1, [1, 2], 1],
        reverse_transformer_layers_per_block=[[2, 1], [1, 0, 2], 1]), 5)
    sample, context = noise(6, 1, 4, 12, 8), noise(7, 1, CONTEXT_TOKENS, 12)
    timestep = torch.tensor([481.0])
    arrays = dict(sample=sample, context=context, timestep=timestep, out=model(sample, timestep, context).sample)
    sides = [(8, 12, 8), (8, 12, 8), (8, 6, 4), (8, 6, 4), (8, 6, 4), (8, 3, 2), (16, 3, 2)]
    down = [noise(10 + i, 1, *side) for i, side in enumerate(sides)]
    mid = noise(9, 1, 16, 3, 2)
    controlled = model(sample, timestep, context, down_block_additional_residuals=down, mid_block_additional_residual=mid)
    arrays.update({f"down_residual.{i}": value for i, value in enumerate(down)}, mid_residual=mid, controlled=controlled.sample)
    write(folder, "unet_asymmetric", model, arrays)


def unet_without_mid(folder):
    model = randomized(UNet2DConditionModel(
        block_out_channels=(8, 16), layers_per_block=1, norm_num_groups=4, down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"), mid_block_type=None, attention_head_dim=2, cross_attention_dim=12,
        addition_embed_type="text_time", addition_time_embed_dim=4, projection_class_embeddings_input_dim=5 * 4 + 7), 20)
    sample, context = noise(21, 1, 4, 6, 5), noise(22, 1, CONTEXT_TOKENS, 12)
    timestep, pooled, time_ids = torch.tensor([3.0]), noise(23, 1, 7), torch.tensor([[96.0, 64.0, 8.0, 0.0, 2.5]])
    out = model(sample, timestep, context, added_cond_kwargs=dict(text_embeds=pooled, time_ids=time_ids)).sample
    write(folder, "unet_without_mid", model,
          dict(sample=sample, context=context, timestep=timestep, pooled=pooled, time_ids=time_ids, out=out))


def kl_vae_plain(folder):
    """Latents of 6 channels with a shift, neither attention nor the convolutions around the latents, levels that differ."""
    model = randomized(AutoencoderKL(
        block_out_channels=(8, 16, 12), layers_per_block=2, norm_num_groups=4, latent_channels=6, scaling_factor=0.36,
        shift_factor=0.12, act_fn="gelu", mid_block_add_attention=False, use_quant_conv=False, use_post_quant_conv=False,
        down_block_types=("DownEncoderBlock2D",) * 3, up_block_types=("UpDecoderBlock2D",) * 3), 30)
    image, latents = torch.tanh(noise(31, 2, 3, 12, 20)), noise(32, 2, 6, 3, 5)
    posterior = model.encode(image).latent_dist
    image_out = model.decode(latents / 0.36 + 0.12).sample
    write(folder, "kl_vae_plain", model, dict(image=image, mean=posterior.mean, logvar=posterior.logvar, latents=latents, decoded=image_out))


def tiny_vae(folder):
    model = randomized(AutoencoderTiny(
        encoder_block_out_channels=(8, 8, 8), decoder_block_out_channels=(8, 8, 8), num_encoder_blocks=(1, 2, 1),
        num_decoder_blocks=(2, 1, 1), latent_channels=4), 40)
    image, latents = torch.tanh(noise(41, 1, 3, 12, 20)), 3 * noise(42, 1, 4, 3, 5)
    write(folder, "tiny_vae", model, dict(
        image=image, encoded=model.encode(image).latents, latents=latents, decoded=model.decode(latents).sample))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    torch.set_grad_enabled(False)
    torch.set_num_threads(1)
    for make in (unet_guided, unet_asymmetric, unet_without_mid, kl_vae_plain, tiny_vae):
        make(folder)


if __name__ == "__main__":
    main()
