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
import importlib
import pathlib
import re
import sys
import tempfile

from published_source import Missing, bare_package, hollow, take_source, take_wheel

# For each tool: project, release, what is taken out of its archive, and the
# client's module.
TOOLS = {
    "vllm-0.8.4": ("vllm", "0.8.4", "benchmarks/", "benchmark_serving"),
    "vllm-0.33": ("vllm", "0.33.0", "vllm/benchmarks/", "vllm.benchmarks.serve"),
    "sglang-0.2.14": ("sglang", "0.2.14", "sglang/bench_serving.py", "sglang.bench_serving"),
    "sglang-0.4.5": ("sglang", "0.4.5.post3", "sglang/bench_serving.py", "sglang.bench_serving"),
    "sglang-0.5.23": ("sglang", "0.5.23", "sglang/benchmark/", "sglang.benchmark.serving"),
}


# What the clients import but don't need to send requests.
MISSING = {
    "PIL", "benchmark_utils", "datasets", "pybase64", "sglang", "soundfile", "torch", "uvloop", "vllm",
}


def unpacked(tool):
    """The folder that holds what was taken out of the tool's archive."""
    project, release, wanted, _ = TOOLS[tool]
    folder = pathlib.Path(tempfile.gettempdir()) / "tokenometer-clients" / f"{project}-{release}"
    done = folder / ".whole"
    if done.exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    # vLLM's wheel has no scripts, and a compiled engine instead.
    take = take_source if project == "vllm" else take_wheel
    take(project, release, [wanted], folder)
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
    sys.meta_path.append(Missing(MISSING, given))
    if tool == "vllm-0.8.4":
        sys.path.insert(0, str(folder / wanted))
    else:
        # The package without its own beginning, which would load the engine.
        package = bare_package(project, folder / project)
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
