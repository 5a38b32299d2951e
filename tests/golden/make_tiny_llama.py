#!/usr/bin/env python3
"""Writes the tiny random models of tests/data/golden and the logits that transformers computes for them.

Run by hand when a model is added (the results are committed; no build or test runs this):

    python3 -m venv /tmp/golden && /tmp/golden/bin/pip install \
        torch==2.7.1 transformers==4.53.3 gguf==0.17.1 numpy==2.2.6
    /tmp/golden/bin/python tests/golden/make_tiny_llama.py tests/data/golden

Every model is a GGUF file in f32 with a byte-level vocabulary; NAME.logits holds, for each token sequence of the manifest
and each position, one row of logits as little-endian f32. Weights are drawn from a fixed seed, scaled so that attention
and the feed-forward layers matter (logits of a few units); norms are near one.
"""

import json
import pathlib
import sys

import gguf
import numpy
import torch
import transformers

VOCABULARY_SIZE = 260  # 256 bytes, two merges, <|end|>, <|control|>
SEED = 20261124
SEQUENCE_LENGTHS = (1, 9, 30)
TOLERANCE = 1e-4
TOLERANCE_GELU = 5e-3  # ggml looks GELU up in a table of f16 values

SIZES = dict(
    vocab_size=VOCABULARY_SIZE, hidden_size=32, intermediate_size=64, num_hidden_layers=2,
    num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=256,
    bos_token_id=258, eos_token_id=258, attn_implementation="eager")


def models():
    """name, GGUF architecture, configuration, tolerance (max abs), what it covers"""
    yield ("llama-tied-linear", "llama",
           transformers.LlamaConfig(**SIZES, tie_word_embeddings=True, rms_norm_eps=1e-5,
                                    rope_scaling={"rope_type": "linear", "factor": 2.0}),
           TOLERANCE, "grouped-query attention, tied output head, linear RoPE scaling")
    yield ("llama-untied-rope3", "llama",
           transformers.LlamaConfig(**SIZES, tie_word_embeddings=False, rms_norm_eps=1e-6, head_dim=16,
                                    rope_theta=500000.0,
                                    rope_scaling={"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0,
                                                  "high_freq_factor": 4.0,
                                                  "original_max_position_embeddings": 64}),
           TOLERANCE, "output head of its own, heads wider than hidden/heads, RoPE scaling of Llama 3")
    yield ("qwen2-biases", "qwen2",
           transformers.Qwen2Config(**SIZES, tie_word_embeddings=False, rms_norm_eps=1e-6),
           TOLERANCE, "biases in q, k and v; NeoX order of RoPE")
    yield ("gemma-geglu", "gemma",
           transformers.GemmaConfig(**SIZES, head_dim=16, rms_norm_eps=1e-6, hidden_act="gelu_pytorch_tanh",
                                    hidden_activation="gelu_pytorch_tanh"),
           TOLERANCE_GELU, "scaled embeddings, norm weights stored plus one, GeGLU")


def randomize(model, architecture, generator):
    for name, parameter in model.named_parameters():
        noise = torch.randn(parameter.shape, generator=generator)
        if "norm" in name:
            centre = 0.0 if architecture == "gemma" else 1.0
            parameter.data = centre + 0.1 * noise
        elif name.endswith("bias"):
            parameter.data = 0.2 * noise
        else:
            parameter.data = noise / parameter.shape[-1] ** 0.5


def rope_order(weight, heads):
    """From transformers' half-split rows to the interleaved rows that the architecture "llama" of GGUF has."""
    rows = weight.shape[0]
    return weight.reshape(heads, 2, rows // heads // 2, -1).swapaxes(1, 2).reshape(weight.shape)


LAYER_NAMES = {
    "input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm",
    "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down"}
OTHER_NAMES = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}


def gguf_name(name):
    stem, kind = name.rsplit(".", 1)
    if stem in OTHER_NAMES:
        return f"{OTHER_NAMES[stem]}.{kind}"
    _, _, layer, rest = stem.split(".", 3)
    return f"blk.{layer}.{LAYER_NAMES[rest]}.{kind}"


def write_tensors(writer, model, architecture):
    config = model.config
    for name, parameter in model.named_parameters():  # a tied head is listed once
        data = parameter.detach().numpy()
        if architecture == "llama" and ".q_proj." in name:
            data = rope_order(data, config.num_attention_heads)
        if architecture == "llama" and ".k_proj." in name:
            data = rope_order(data, config.num_key_value_heads)
        if architecture == "gemma" and "norm" in name:
            data = data + 1
        writer.add_tensor(gguf_name(name), numpy.ascontiguousarray(data, dtype=numpy.float32))
    scaling = getattr(config, "rope_scaling", None) or {}
    if scaling.get("rope_type") == "llama3":
        scaled = model.model.rotary_emb.inv_freq
        plain = config.rope_theta ** -(torch.arange(0, config.head_dim, 2).float() / config.head_dim)
        writer.add_tensor("rope_freqs.weight", (plain / scaled).numpy().astype(numpy.float32))


def byte_names():
    """The printable stand-ins that GPT-2's vocabulary uses for the 256 bytes."""
    plain = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAC + 1), *range(0xAE, 0xFF + 1)]
    names, extra = {}, 0
    for byte in range(256):
        if byte in plain:
            names[byte] = chr(byte)
        else:
            names[byte] = chr(256 + extra)
            extra += 1
    return [names[byte] for byte in range(256)]


def write_vocabulary(writer):
    kind = gguf.TokenType
    tokens = byte_names() + ["th", "the", "<|end|>", "<|control|>"]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types([kind.NORMAL] * 258 + [kind.CONTROL] * 2)
    writer.add_token_merges(["t h", "th e"])
    writer.add_bos_token_id(258)
    writer.add_eos_token_id(258)
    writer.add_add_bos_token(False)


def write_header(writer, config, name):
    head = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    writer.add_name(name)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_key_length(head)
    writer.add_value_length(head)
    writer.add_rope_dimension_count(head)
    writer.add_rope_freq_base(config.rope_theta)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_vocab_size(config.vocab_size)
    scaling = getattr(config, "rope_scaling", None) or {}
    if scaling.get("rope_type") == "linear":
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(scaling["factor"])


def write_model(path, name, architecture, model):
    writer = gguf.GGUFWriter(path, architecture)
    write_header(writer, model.config, name)
    write_vocabulary(writer)
    write_tensors(writer, model, architecture)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    generator = torch.Generator().manual_seed(SEED)
    sequences = [torch.randint(0, VOCABULARY_SIZE - 2, (length,), generator=generator).tolist()
                 for length in SEQUENCE_LENGTHS]
    entries = []
    for name, architecture, config, tolerance, covers in models():
        model = transformers.AutoModelForCausalLM.from_config(config, torch_dtype=torch.float32).eval()
        randomize(model, architecture, generator)
        with torch.no_grad():
            rows = [model(torch.tensor([sequence])).logits[0].numpy() for sequence in sequences]
        numpy.concatenate(rows).astype("<f4").tofile(folder / f"{name}.logits")
        write_model(folder / f"{name}.gguf", name, architecture, model)
        entries.append({"name": name, "architecture": architecture, "tolerance_max_abs": tolerance, "covers": covers})
        print(name, "logits", float(numpy.min(rows[-1])), "to", float(numpy.max(rows[-1])))
    manifest = {
        "implementation": "transformers", "version": transformers.__version__, "torch": torch.__version__,
        "attention": "eager", "dtype": "float32", "made_by": "tests/golden/make_tiny_llama.py", "seed": SEED,
        "vocabulary_size": VOCABULARY_SIZE, "sequences": sequences,
        "models": entries}
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
