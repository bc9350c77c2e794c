"""transformers: forty architectures at the sizes of their configurations, with two layers each."""

from __future__ import annotations

import os
from typing import Any

_WITH_TOKENS = """
bert gpt2 distilbert roberta albert electra deberta-v2 llama mistral qwen2 gemma phi opt bloom gpt_neox xlnet longformer
roformer mpnet camembert falcon mamba rwkv gptj big_bird mixtral
"""
_BOTH_ENDS = ("t5", "bart", "mbart", "pegasus")
_IMAGES = ("vit", "deit", "swin", "convnext", "beit", "resnet", "segformer", "clip_vision_model")
_SOUND = ("wav2vec2", "hubert")
_SMALLER: dict[str, dict[str, int]] = {"mixtral": {"hidden_size": 256, "intermediate_size": 512}}
"""Sizes that a configuration does not have by itself, or of models that do not fit into this machine's memory."""
_IN_BLOCKS = ("convnext", "resnet", "swin", "segformer")
"""Models whose layers are counted in blocks, which stay as they are."""
_LAYERS = ("num_hidden_layers", "n_layer", "num_layers", "n_layers", "encoder_layers", "decoder_layers")


def names() -> list[str]:
    """Architectures by their name in the library."""
    return [*_WITH_TOKENS.split(), *_BOTH_ENDS, *_IMAGES, *_SOUND, "whisper"]


def build(name: str) -> Any:
    """A model with random weights."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    from transformers import AutoConfig, AutoModel

    config = AutoConfig.for_model(name)
    for word in () if name in _IN_BLOCKS else _LAYERS:
        if isinstance(getattr(config, word, None), int):
            setattr(config, word, 2)
    for word, value in _SMALLER.get(name, {}).items():
        setattr(config, word, value)
    return AutoModel.from_config(config)


def settings(name: str) -> dict[str, Any]:
    """Tokens, images or sound, in the arguments that its forward has."""
    if name in _IMAGES:
        return {"input": "pixel_values=3x224x224", "loss": "mse"}
    if name in _SOUND:
        return {"input": "input_values=16000", "loss": "mse"}
    if name == "whisper":
        return {"input": "input_features=80x3000,decoder_input_ids=64:int64", "loss": "mse"}
    if name in _BOTH_ENDS:
        return {"input": "input_ids=64:int64,decoder_input_ids=64:int64", "loss": "mse"}
    return {"input": "input_ids=64:int64", "loss": "mse"}
