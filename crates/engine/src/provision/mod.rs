//! Where an engine comes from: a command, a Python environment, a container image.
