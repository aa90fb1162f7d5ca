"""A stand-in for sgl_kernel, SGLang's package of kernels for GPUs.

SGLang imports sgl_kernel as it starts, wherever it runs, but the package itself
can only be imported where there is a GPU. With this folder on PYTHONPATH, SGLang
finds these names instead: every one that it asks for is there, and none of them
computes anything. A kernel that is called after all raises `NoKernel`, so nothing
is ever computed in another way than SGLang computes it by itself on a processor.

What SGLang measures like this is its own server, scheduler, cache and
tokenisation, with layers in plain PyTorch. It says nothing about SGLang on GPUs.
"""

import importlib.abc
import importlib.util
import sys


class NoKernel(NotImplementedError):
    """Raised when a kernel is called that only stands in for a real one."""


class StandIn:
    """One name of the package: it can be passed around, looked into and written
    down, but not called."""

    def __init__(self, path):
        self._path = path

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(f"{self._path}, a stand-in, has no {name}")
        return StandIn(f"{self._path}.{name}")

    def __call__(self, *_positional, **_named):
        raise NoKernel(
            f"{self._path} was called, which is a CUDA kernel, and only a stand-in for it is "
            "here; leave out the option of SGLang that asks for it, or measure on a GPU"
        )

    def __repr__(self):
        return f"<stand-in for {self._path}>"


def _names_of(module):
    """What a module answers when it is asked for a name that it doesn't have."""

    def find(name):
        # The machinery of imports asks for names such as `__path__`, and has to
        # hear that they aren't there.
        if name.startswith("__"):
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        return StandIn(f"{module}.{name}")

    return find


class _Modules(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds every module below this package, each of which is empty and answers
    like the package itself."""

    def find_spec(self, fullname, path=None, target=None):
        if not fullname.startswith(__name__ + "."):
            return None
        return importlib.util.spec_from_loader(fullname, self, is_package=True)

    def exec_module(self, module):
        module.__getattr__ = _names_of(module.__name__)


__getattr__ = _names_of(__name__)
sys.meta_path.append(_Modules())
