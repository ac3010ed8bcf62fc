"""The engines that can be put on trial."""
