"""The ops with PyTorch's names and signatures. ``Tensor`` takes its methods and operators from here."""
