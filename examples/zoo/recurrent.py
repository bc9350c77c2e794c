"""Sequence classifiers: embedding, recurrent layers, a linear layer on the last state (Hochreiter 1997, Cho 2014)."""

import torch
from torch import nn


class LSTMClassifier(nn.Module):
    """Two LSTM layers over token embeddings."""

    def __init__(
        self, vocabulary: int = 10000, width: int = 128, hidden: int = 256, layers: int = 2, classes: int = 2
    ) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width)
        self.lstm = nn.LSTM(width, hidden, layers, batch_first=True)
        self.fc = nn.Linear(hidden, classes)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        states, _ = self.lstm(self.embedding(tokens))
        logits: torch.Tensor = self.fc(states[:, -1])
        return logits


class GRUClassifier(nn.Module):
    """Two GRU layers over token embeddings."""

    def __init__(
        self, vocabulary: int = 10000, width: int = 128, hidden: int = 256, layers: int = 2, classes: int = 2
    ) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width)
        self.gru = nn.GRU(width, hidden, layers, batch_first=True)
        self.fc = nn.Linear(hidden, classes)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        states, _ = self.gru(self.embedding(tokens))
        logits: torch.Tensor = self.fc(states[:, -1])
        return logits
