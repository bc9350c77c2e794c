"""The analytical engine: what a layer problem costs on an accelerator, and which mapping is the best.

Pure: problems, machines and mappings go in, figures come out; nothing here reads a file or knows torch.
"""
