# /// script
# requires-python = ">=3.10"
# dependencies = [
#     "aiohttp==3.13.3", "jinja2==3.1.6", "msgspec==0.20.0", "numpy==2.3.5", "orjson==3.11.5",
#     "pandas==2.3.3", "requests==2.32.5", "tokenizers==0.22.2", "tqdm==4.67.1",
#     "transformers==5.0.0",
# ]
# ///
"""Runs another project's client as it was released, without its engine.

    uv run scripts/real_client.py TOOL [THE CLIENT'S OWN ARGUMENTS]

TOOL is one of vllm-0.8.4, vllm-0.33, sglang-0.2.14, sglang-0.4.5 and
sglang-0.5.23. The client is taken out of its archive on PyPI, checked, and kept
in a folder below the system's temporary one. What it imports but doesn't need
to send requests (torch, its own engine …) is hollow.
"""

import argparse
import asyncio
import hashlib
import importlib
import importlib.abc
import importlib.machinery
import io
import pathlib
import re
import sys
import tarfile
import tempfile
import types
import urllib.request
import zipfile

# For each tool: project, release, what is taken out of its archive, and the
# client's module.
TOOLS = {
    "vllm-0.8.4": ("vllm", "0.8.4", "benchmarks/", "benchmark_serving"),
    "vllm-0.33": ("vllm", "0.33.0", "vllm/benchmarks/", "vllm.benchmarks.serve"),
    "sglang-0.2.14": ("sglang", "0.2.14", "sglang/bench_serving.py", "sglang.bench_serving"),
    "sglang-0.4.5": ("sglang", "0.4.5.post3", "sglang/bench_serving.py", "sglang.bench_serving"),
    "sglang-0.5.23": ("sglang", "0.5.23", "sglang/benchmark/", "sglang.benchmark.serving"),
}


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
    """Finds what nobody else finds, and makes it of hollow things. The few
    things that are needed are given."""

    NAMES = {
        "PIL", "benchmark_utils", "datasets", "pybase64", "sglang", "soundfile", "torch", "uvloop",
        "vllm",
    }

    def __init__(self, given):
        self.given = given

    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in self.NAMES:
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec):
        module = types.ModuleType(spec.name)
        module.__getattr__ = lambda name: self.given.get(name) or hollow(name)
        return module

    def exec_module(self, module):
        pass


def archive(project, file):
    """The first archive of such a name, checked."""
    index = urllib.request.urlopen(f"https://pypi.org/simple/{project}/").read().decode()
    url, sha256 = re.search(rf'href="([^"#]*/{file})#sha256=(\w+)"', index).groups()
    content = urllib.request.urlopen(url).read()
    assert hashlib.sha256(content).hexdigest() == sha256, f"{url} is damaged"
    return io.BytesIO(content)


def unpacked(tool):
    """The folder that holds what was taken out of the tool's archive."""
    project, release, wanted, _ = TOOLS[tool]
    folder = pathlib.Path(tempfile.gettempdir()) / "tokenometer-clients" / f"{project}-{release}"
    done = folder / ".whole"
    if done.exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    if project == "vllm":
        # The wheel has no scripts, and a compiled engine instead.
        with tarfile.open(fileobj=archive(project, rf"vllm-{re.escape(release)}\.tar\.gz")) as files:
            for member in files:
                member.name = member.name.removeprefix(f"vllm-{release}/")
                if member.name.startswith(wanted):
                    files.extract(member, folder, filter="data")
    else:
        with zipfile.ZipFile(archive(project, rf"sglang-{re.escape(release)}-[^/]*\.whl")) as files:
            files.extractall(folder, [f for f in files.namelist() if f.startswith(wanted)])
    done.touch()
    return folder


def get_tokenizer(path, **_):
    import transformers

    return transformers.AutoTokenizer.from_pretrained(path)


class Parser(argparse.ArgumentParser):
    """vLLM's own takes underscores in flags for dashes."""

    def parse_args(self, args=None, namespace=None):
        words = sys.argv[1:] if args is None else args
        dashed = [re.sub(r"^--[\w]+", lambda flag: flag[0].replace("_", "-"), word) for word in words]
        return super().parse_args(dashed, namespace)


def load(tool):
    """The client's module, ready to run."""
    folder = unpacked(tool)
    project, _, wanted, name = TOOLS[tool]
    given = {
        "get_tokenizer": get_tokenizer,
        "FlexibleArgumentParser": Parser,
        "join_host_port": lambda host, port: f"{host}:{port}",
        "freeze_gc_heap": lambda: None,
        # Of SGLang's engine, which has them in one of its own modules.
        "resolve_base_url": lambda base_url, host, port: base_url or f"http://{host}:{port}",
        "resolve_host_port": lambda base_url, host, port: base_url or f"{host}:{port}",
    }
    sys.meta_path.append(Missing(given))
    if tool == "vllm-0.8.4":
        sys.path.insert(0, str(folder / wanted))
    else:
        # The package without its own beginning, which would load the engine.
        package = types.ModuleType(project)
        package.__path__ = [str(folder / project)]
        package.__getattr__ = hollow
        sys.modules[project] = package
    return importlib.import_module(name)


def script_of(module):
    """What stands in a script below `if __name__ == "__main__"`."""
    source = pathlib.Path(module.__file__).read_text()
    return source[source.index('if __name__ == "__main__":') :]


def run(tool, argv):
    """Runs the client with these arguments."""
    module = load(tool)
    sys.argv = [module.__file__, *argv]
    if tool == "vllm-0.33":
        parser = Parser()
        module.add_cli_args(parser)
        module.main(parser.parse_args())
    elif hasattr(module, "cli_main"):
        module.cli_main()
    else:
        module.__name__ = "__main__"
        exec(compile(script_of(module), module.__file__, "exec"), module.__dict__)


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in TOOLS:
        sys.exit(__doc__)
    run(sys.argv[1], sys.argv[2:])
