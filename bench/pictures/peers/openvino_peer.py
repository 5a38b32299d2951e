#!/usr/bin/env python3
"""OpenVINO from Python in bf16: the modules converted from PyTorch, saved as f16 IR, loaded without PyTorch.

usage: openvino_peer.py MODEL WIDTH HEIGHT REPEATS THREADS PART     converts on first use into MODEL/openvino
"""

import os
import pathlib
import subprocess
import sys

import numpy as np
import openvino as ov

from common import best_of, tell


def convert(model, latent, part, path):
    import torch
    from diffusers import AutoencoderKL, UNet2DConditionModel
    from transformers import CLIPTextModel

    class Unet(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.net = UNet2DConditionModel.from_pretrained(model, subfolder="unet", torch_dtype=torch.float32)

        def forward(self, x, t, context):
            return self.net(x, t, context, return_dict=False)[0]

    class Decoder(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.net = AutoencoderKL.from_pretrained(model, subfolder="vae", torch_dtype=torch.float32)

        def forward(self, z):
            return self.net.decode(z, return_dict=False)[0]

    class Text(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.net = CLIPTextModel.from_pretrained(model, subfolder="text_encoder", torch_dtype=torch.float32)

        def forward(self, ids):
            return self.net(ids)[0]

    with torch.inference_mode():
        if part == "unet":
            module = Unet().eval()
            width = module.net.config.cross_attention_dim
            example = (torch.randn(2, 4, *latent), torch.tensor([500.0]), torch.randn(2, 77, width))
        elif part == "vae":
            module, example = Decoder().eval(), (torch.randn(1, 4, *latent),)
        else:
            module, example = Text().eval(), (torch.zeros(1, 77, dtype=torch.int64),)
        shapes = [list(tensor.shape) for tensor in example]
        ov.save_model(ov.convert_model(module, example_input=example, input=shapes), path, compress_to_fp16=True)


def main():
    model, part = sys.argv[1], sys.argv[6]
    width, height, repeats, threads = map(int, sys.argv[2:6])
    latent = (height // 8, width // 8)
    path = pathlib.Path(model) / "openvino" / f"{part}-{width}x{height}.xml"
    if len(sys.argv) > 7:
        return convert(model, latent, part, path)
    if not path.exists():  # in a process of its own: its memory is not the peer's
        path.parent.mkdir(exist_ok=True)
        subprocess.run([sys.executable, __file__, *sys.argv[1:], "convert"], check=True, stdout=sys.stderr)
    core = ov.Core()
    hints = {"INFERENCE_PRECISION_HINT": "bf16", "INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY"}
    request = core.compile_model(path, "CPU", hints).create_infer_request()
    random = np.random.default_rng(1)
    inputs = [random.standard_normal(p.shape).astype(np.float32) if p.element_type.is_real() else np.zeros(p.shape, np.int64)
              for p in request.model_inputs]
    tell(**{part: best_of(lambda: request.infer(inputs), repeats * (3 if part == "text" else 1))})
    os._exit(0)  # the plug-in's threads need not be joined


if __name__ == "__main__":
    main()
