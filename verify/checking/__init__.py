"""The front door: `gradproof.check`, on the command line, in pytest and with the signatures of PyTorch."""
