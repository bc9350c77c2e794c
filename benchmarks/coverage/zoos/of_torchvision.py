"""torchvision: all its models, classification, segmentation, detection, video and optical flow."""

from __future__ import annotations

from typing import Any

import torch

_DETECTION = ("rcnn", "retinanet", "fcos", "ssd")
_SEGMENTATION = ("deeplab", "fcn_", "lraspp")
_OTHER_SIZE = {"vit_h_14": 224}
"""Models whose builder takes images of another size than their published weights."""
_VIDEO = ("r3d_18", "mc3_18", "r2plus1d_18", "mvit", "s3d", "swin3d")


def names() -> list[str]:
    """All models of its registry."""
    from torchvision.models import list_models

    return list(list_models())


def build(name: str) -> Any:
    """A model with random weights; nothing is downloaded, a backbone's weights neither."""
    from torchvision.models import get_model

    needs = any(word in name for word in (*_DETECTION, *_SEGMENTATION))
    return get_model(name, weights=None, **({"weights_backbone": None} if needs else {}))


def settings(name: str) -> dict[str, Any]:
    """Its input at the size of its published weights."""
    if any(word in name for word in _DETECTION):
        size = "3x320x320" if "320" in name or "ssdlite" in name else "3x300x300"
        return {"input": size, "step": _detection_step}
    if name.startswith("raft"):
        return {"input": "3x128x128,3x128x128", "loss": _flow_loss}
    if any(name.startswith(word) for word in _VIDEO):
        width = 224 if name.startswith(("mvit", "swin3d", "s3d")) else 112
        return {"input": f"3x16x{width}x{width}"}
    if any(word in name for word in _SEGMENTATION):
        return {"input": "3x520x520"}
    return {"input": f"3x{_size(name)}x{_size(name)}"}


def published(name: str) -> float | None:
    """The figure of its weights, of an input of the size that these have."""
    if (
        name in _OTHER_SIZE
        or name.startswith("quantized_")
        or any(word in name for word in (*_DETECTION, *_SEGMENTATION, "raft", *_VIDEO))
    ):
        return None  # of another size, or of other kernels
    meta = _meta(name)
    return float(meta["_ops"]) if "_ops" in meta else None


def _meta(name: str) -> dict[str, Any]:
    from torchvision.models import get_model_weights

    weights = next(iter(get_model_weights(name)))
    return dict(weights.meta)


def _size(name: str) -> int:
    if name in _OTHER_SIZE:
        return _OTHER_SIZE[name]
    from torchvision.models import get_model_weights

    weights = next(iter(get_model_weights(name)))
    crop = weights.transforms().crop_size
    return int(crop[0] if isinstance(crop, (list, tuple)) else crop)


def _detection_step(model: Any, optimizer: Any, batch: Any) -> None:
    images = list(batch[0])
    targets = []
    for image in images:
        height, width = image.shape[-2:]
        target = {"boxes": torch.tensor([[10.0, 10.0, width / 2, height / 2]]), "labels": torch.tensor([1])}
        if hasattr(model, "roi_heads"):
            if getattr(model.roi_heads, "mask_head", None) is not None:
                target["masks"] = torch.zeros(1, height, width, dtype=torch.uint8)
            if getattr(model.roi_heads, "keypoint_head", None) is not None:
                target["keypoints"] = torch.tensor([[[20.0, 20.0, 1.0]] * 17])
        targets.append(target)
    optimizer.zero_grad()
    losses = model(images, targets)
    sum(losses.values()).backward()
    optimizer.step()


def _flow_loss(flows: Any, _: Any) -> torch.Tensor:
    total: torch.Tensor = sum(flow.abs().mean() for flow in flows)
    return total
