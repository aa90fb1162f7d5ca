"""Other projects' tools as they were released, run without their engines.

What is wanted of a release is taken out of its archive on PyPI, whose hash is
checked, and what it imports but doesn't need (torch, its own engine …) is
hollow. The scripts that write golden files, and those that run whole clients,
import this; it knows none of the tools.
"""

import hashlib
import importlib.abc
import importlib.machinery
import io
import re
import tarfile
import types
import urllib.request
import zipfile


def archive(project, file):
    """The first archive whose name is like this, checked."""
    index = urllib.request.urlopen(f"https://pypi.org/simple/{project}/").read().decode()
    url, sha256 = re.search(rf'href="([^"#]*/{file})#sha256=(\w+)"', index).groups()
    content = urllib.request.urlopen(url).read()
    assert hashlib.sha256(content).hexdigest() == sha256, f"{url} is damaged"
    return io.BytesIO(content)


def take_source(project, release, wanted, into):
    """Unpacks from a source archive what begins with one of `wanted`."""
    file = rf"{project}-{re.escape(release)}\.tar\.gz"
    with tarfile.open(fileobj=archive(project, file)) as files:
        for member in files:
            member.name = member.name.removeprefix(f"{project}-{release}/")
            if member.name.startswith(tuple(wanted)):
                files.extract(member, into, filter="data")


def take_wheel(project, release, wanted, into):
    """The same from a wheel. A release has one, or several that differ in what
    is compiled."""
    with zipfile.ZipFile(archive(project, rf"{project}-{re.escape(release)}-[^/]*\.whl")) as files:
        files.extractall(into, [name for name in files.namelist() if name.startswith(tuple(wanted))])


class Hollow(type):
    """What hollow classes are instances of: every attribute of one is another."""

    def __getattr__(cls, name):
        return hollow(name)


def hollow(name):
    """What is missing: a class that takes anything."""
    if name.startswith("__"):
        raise AttributeError(name)
    members = {
        "__init__": lambda *args, **kwargs: None,
        "__getattr__": lambda self, name: hollow(name),
    }
    return Hollow(name, (), members)


class Missing(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the packages of these names where nobody else does, and makes them
    of hollow things. The few things that are needed are `given`, by name; more
    may be added as long as it is used."""

    def __init__(self, names, given):
        self.names = names
        self.given = given

    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in self.names:
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec):
        module = types.ModuleType(spec.name)
        module.__getattr__ = lambda name: self.given.get(name) or hollow(name)
        return module

    def exec_module(self, module):
        pass


def bare_package(name, *folders):
    """A package without its own beginning, which would load an engine: what is
    imported of it lies in these folders."""
    package = types.ModuleType(name)
    package.__path__ = [str(folder) for folder in folders]
    return package
