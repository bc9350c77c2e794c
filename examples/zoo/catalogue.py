"""Each network of the zoo with the input that its paper trains it on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """A subject of the zoo: file and name, input without batch dimension, and its number of parameters."""

    name: str
    reference: str
    input: str
    parameters: int


ZOO = (
    Entry("LeNet-5", "examples/zoo/lenet.py:LeNet5", "3x32x32", 62_006),
    Entry("ResNet-18 (CIFAR)", "examples/zoo/resnet.py:ResNet18", "3x32x32", 11_173_962),
    Entry("ResNet-50", "examples/zoo/resnet.py:ResNet50", "3x224x224", 25_557_032),
    Entry("VGG-16", "examples/zoo/vgg.py:VGG16", "3x224x224", 138_357_544),
    Entry("MobileNetV2", "examples/zoo/mobilenet.py:MobileNetV2", "3x224x224", 3_504_872),
    Entry("ViT-S/16", "examples/zoo/transformer.py:ViT", "3x224x224", 22_050_664),
    Entry("GPT-2 small", "examples/zoo/transformer.py:GPT2", "256:int64", 124_439_808),
    Entry("LSTM classifier", "examples/zoo/recurrent.py:LSTMClassifier", "64:int64", 2_202_114),
    Entry("GRU classifier", "examples/zoo/recurrent.py:GRUClassifier", "64:int64", 1_971_714),
    Entry("U-Net", "examples/zoo/unet.py:UNet", "3x128x128", 7_763_074),
)
