"""Finite differences, the third witness: of a target's own forward, on one smooth piece, with an error estimate."""
