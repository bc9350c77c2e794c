"""(Workload, Hardware) → CostReport. The file's name is the backend's name."""
