#!/usr/bin/env python3
"""Proves that what the built-in profiles give to engines exists at their versions.

Each flag, environment variable and route that a profile names is looked up at each
version at which the profile changes:

- in `--help` of an engine that is installed (`--environment vllm=/path/of/its/venv`);
- else in the package's own source of that version, which pip fetches and unpacks, and
  of which nothing is run: flags are searched among the definitions of arguments in its
  syntax tree, variables and routes among its texts;
- of an engine that is no Python package only that the profile names file and line.

Where an option names `path:line@version`, that line must speak of it.

Prints a table and what is missing; exits with 1 if anything is. Everything fetched is
kept under `target/profile-flags`, so that a second run needs no network.
"""

import argparse
import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROFILES = ROOT / "crates/engine/profiles"
KEPT = ROOT / "target/profile-flags"

# Where each package defines what its server takes: a flag that is only in its
# benchmarks or tests proves nothing.
DEFINED_IN = {
    "vllm": ["vllm/engine/", "vllm/entrypoints/", "vllm/config", "vllm/utils"],
    "sglang": ["sglang/srt/", "sglang/launch_server.py"],
    "lmdeploy": ["lmdeploy/cli/"],
    "transformers": ["transformers/cli/serve.py"],
    "llama-cpp-python": ["llama_cpp/server/"],
}
# Programs that define arguments as fields, each of which becomes `--field`.
FIELDS_OF = {"llama-cpp-python": ("Settings",)}
# What prints all flags, where it isn't the profile's command with `--help`.
HELP = {"vllm": ["vllm", "serve", "--help=all"]}
# PyYAML keeps to YAML 1.1, where the keys `on` and `off` are truth values.
READER = """
import json, re, sys, yaml
class Loader(yaml.SafeLoader):
    pass
Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if not tag.endswith(":bool")]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(true|false)$"), list("tf"))
print(json.dumps([yaml.load(open(path), Loader) for path in sys.argv[1:]]))
"""
# How many lines from the named one on a definition may take to say its name.
NEAR = 3


def merge(target, patch):
    """Lays `patch` over `target` after RFC 7396, as profiles are."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge(merged.get(key), value)
    return merged


def order(version):
    """What orders releases. The entries of a profile stand in their order already."""
    return [int(number) for number in re.findall(r"\d+", version)]


def at_versions(document, further=()):
    """The profile at each version at which it changes, at its usual one and at further ones."""
    sheet = {key: value for key, value in document.items() if key != "versions"}
    entries = document.get("versions") or {}
    sheets = {"": sheet}
    for version, patch in entries.items():
        sheet = merge(sheet, patch or {})
        sheets[version] = sheet
    for version in filter(None, [*further, document.get("version")]):
        since = [key for key in entries if order(key) <= order(version)]
        sheets.setdefault(version, sheets[since[-1] if since else ""])
    return list(sheets.items())[1:] or list(sheets.items())


def words_of(option):
    """The words that an option puts into the command."""
    words = [option["flag"]] if option.get("flag") else []
    if not option.get("environment"):
        words += (option.get("on") or []) + (option.get("off") or [])
    return words


def flags_of(sheet):
    """Each flag that a profile can emit."""
    words = list(sheet.get("command") or [])[1:]
    words += (sheet.get("fixed") or {}).get("args") or []
    for file in (sheet.get("files") or {}).values():
        words += file.get("args") or []
    for option in (sheet.get("options") or {}).values():
        words += words_of(option)
    flags = {str(word).split("=")[0] for word in words if re.match(r"--?[A-Za-z]", str(word))}
    return flags - {"-m"} if (sheet.get("command") or [""])[0] == "python" else flags


def variables_of(sheet):
    """Each environment variable that it sets."""
    names = set(sheet.get("environment") or {})
    for part in ("cache", "says"):
        names |= set((sheet.get(part) or {}).get("needs") or {})
    for option in (sheet.get("options") or {}).values():
        names |= {option["environment"]} if option.get("environment") else set()
    return names


def routes_of(sheet):
    """Each route that it asks."""
    says, ready = sheet.get("says") or {}, sheet.get("ready") or {}
    routes = [ready.get("route", "/health"), says.get("version"), says.get("models")]
    routes += says.get("configuration") or []
    routes += (sheet.get("cache") or {}).get("flush") or []
    routes.append((sheet.get("counters") or {}).get("route"))
    plain = {re.split(r"[#?]", route)[0].rstrip("/") for route in routes if route}
    return plain - {"/openapi.json"}  # FastAPI's own, in every server that is made with it


class Package:
    """A package's source at a version."""

    def __init__(self, name, version, python):
        self.name, self.version = name, version
        self.folder = KEPT / f"{name}-{version}"
        if not self.folder.exists():
            fetch(name, version, python, self.folder)

    @lru_cache(maxsize=None)
    def files(self):
        """Path within the package, and text, of each of its Python files."""
        texts = {}
        for path in sorted(self.folder.rglob("*.py")):
            inside = path.relative_to(self.folder).as_posix()
            texts[inside] = path.read_text(encoding="utf-8", errors="replace")
        return texts

    def text(self, path):
        """The text of a file by the end of its path."""
        for inside, text in self.files().items():
            if inside == path or inside.endswith("/" + path):
                return text
        return None

    @lru_cache(maxsize=None)
    def trees(self):
        """The syntax trees of the files that define what the server takes."""
        wanted = DEFINED_IN.get(self.name, [""])
        trees = []
        for inside, text in self.files().items():
            if any(part in inside for part in wanted) and "test" not in inside:
                try:
                    trees.append(ast.parse(text))
                except SyntaxError:
                    continue  # written for another Python; what it defines counts as missing
        return trees

    @lru_cache(maxsize=None)
    def flags(self):
        """Each flag that its server takes."""
        booleans = {
            node.target.id
            for tree in self.trees()
            for node in ast.walk(tree)
            if isinstance(node, ast.AnnAssign)
            and isinstance(node.target, ast.Name)
            and "bool" in ast.unparse(node.annotation)
        }
        flags = set()
        for tree in self.trees():
            for node in ast.walk(tree):
                flags |= defined(node, booleans)
                if isinstance(node, ast.ClassDef) and node.name.endswith(
                    FIELDS_OF.get(self.name, ("\0",))
                ):
                    flags |= fields(node)
        return flags

    def says(self, text):
        """Whether one of its texts is this one, or ends in it."""
        quoted = re.compile(r"""["'](\{[a-z_]+\})?""" + re.escape(text) + r"""/?["']""")
        return any(quoted.search(content) for content in self.files().values())


def defined(node, booleans):
    """The flags that a node of a syntax tree defines."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return typer_flags(node)
    if isinstance(node, ast.AnnAssign):
        return annotated_flags(node)
    if not isinstance(node, ast.Call):
        return set()
    called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if called not in ("add_argument", "option", "Arg", "A"):
        return set()
    flags = {
        word.value
        for word in node.args
        if isinstance(word, ast.Constant)
        and isinstance(word.value, str)
        and word.value.startswith("-")
    }
    given = " ".join(ast.unparse(keyword.value) for keyword in node.keywords)
    keys = set(re.findall(r"\[['\"](\w+)['\"]\]", given))
    if "BooleanOptionalAction" in given or keys & booleans:
        flags |= {"--no-" + flag[2:] for flag in flags if flag.startswith("--")}
    return flags


def annotated_flags(field):
    """The flags of a field `name: A[type, …]`, as SGLang writes them since 0.5.22."""
    annotation = ast.unparse(field.annotation)
    if not annotation.startswith("A[") or not isinstance(field.target, ast.Name):
        return set()
    flags = {"--" + field.target.id.replace("_", "-")}
    flags |= set(re.findall(r"'(--[\w-]+)'", annotation))
    if "BooleanOptionalAction" in annotation:
        flags |= {"--no-" + flag[2:] for flag in flags}
    return flags


def typer_flags(function):
    """The flags that typer makes of a function's parameters."""
    flags = set()
    for parameter in function.args.args + function.args.kwonlyargs:
        annotation = ast.unparse(parameter.annotation) if parameter.annotation else ""
        if "typer.Option" not in annotation:
            continue
        name = parameter.arg.replace("_", "-")
        flags.add("--" + name)
        if re.search(r"\[\s*bool\b", annotation):
            flags.add("--no-" + name)
    return flags


def fields(node):
    """The flags that stand for the fields of a class."""
    return {
        "--" + part.target.id
        for part in node.body
        if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name)
    }


def fetch(name, version, python, folder):
    """Has pip fetch a package's source, and keeps its Python files.

    pip would build the package to learn what it needs; the environment has nothing to
    build with, so pip stops there, before anything of the package is run, and leaves
    what it has unpacked. A package without a source archive comes as a wheel.
    """
    KEPT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=KEPT) as scratch:
        command = [str(python), "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--disable-pip-version-check", "--no-cache-dir", "--dest", scratch]
        environment = {**os.environ, "TMPDIR": scratch}
        source = ["--no-clean", "--no-build-isolation", "--no-binary", ":all:"]
        pin = f"{name}=={version}"
        subprocess.run(command + source + [pin], env=environment, capture_output=True)
        unpacked = [path for path in Path(scratch).glob("pip-*/*") if any(path.rglob("*.py"))]
        if not unpacked:
            wheel = command + ["--only-binary", ":all:", pin]
            done = subprocess.run(wheel, env=environment, capture_output=True, text=True)
            wheels = list(Path(scratch).glob("*.whl"))
            if not wheels:
                sys.exit(f"error: pip has no {pin}: {done.stderr.strip()}")
            unpacked = [Path(scratch) / "wheel"]
            shutil.unpack_archive(wheels[0], unpacked[0], "zip")
        keep(unpacked[0], folder)


def keep(source, folder):
    """Copies the Python files of a folder."""
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    for path in source.rglob("*.py"):
        target = partial / path.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    partial.rename(folder)


def bare_environment():
    """A Python with pip and PyYAML, and nothing to build packages with."""
    folder = KEPT / "python"
    python = folder / "bin/python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        pip = [str(python), "-m", "pip", "--quiet", "--disable-pip-version-check"]
        subprocess.run(pip + ["install", "--only-binary", ":all:", "pyyaml==6.0.2"], check=True)
        subprocess.run(pip + ["uninstall", "--yes", "setuptools", "wheel"], check=False)
    return python


def read_profiles(python, names):
    """Every built-in profile, read by PyYAML in an environment of its own."""
    paths = sorted(str(path) for path in PROFILES.glob("*.yaml"))
    done = subprocess.run(
        [str(python), "-c", READER, *paths], check=True, capture_output=True, text=True
    )
    documents = json.loads(done.stdout)
    return [document for document in documents if not names or document["name"] in names]


def installed(environment, name, sheet):
    """Version and flags of an installed engine, as it tells them itself."""
    package = package_of(sheet) or name
    asked = "import importlib.metadata as m, sys; print(m.version(sys.argv[1]))"
    python = [f"{environment}/bin/python", "-c", asked, package]
    version = subprocess.run(python, capture_output=True, text=True, check=True).stdout.strip()
    fixed = [word for word in sheet["command"] if not re.match(r"--|\{", word)]
    command = HELP.get(name) or fixed + ["--help"]
    path = f"{environment}/bin:{os.environ.get('PATH', '')}"
    program = f"{environment}/bin/{command[0]}"
    done = subprocess.run(
        [program, *command[1:]],
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": path, "COLUMNS": "200"},
    )
    flags = set(re.findall(r"(?<![\w-])--?[A-Za-z][\w-]*", done.stdout))
    if done.returncode != 0 or not flags:
        sys.exit(f"error: `{' '.join(command)}` told no flags: {done.stderr.strip()[-300:]}")
    return version.split("+")[0], flags


def package_of(sheet):
    """The Python package that a profile installs, if it is one."""
    packages = ((sheet.get("provision") or {}).get("python") or {}).get("packages") or []
    return re.split(r"[\[=<>]", packages[0])[0] if packages else None


def lines_missing(sheet, packages):
    """Options whose source names a line that speaks of something else."""
    missing = []
    for name, option in (sheet.get("options") or {}).items():
        named = re.fullmatch(r"(\S+):(\d+)@(\S+)", str(option.get("source", "")))
        if not named:
            missing.append(f"option `{name}` names no `path:line@version`")
            continue
        path, line, version = named.group(1), int(named.group(2)), named.group(3)
        package = packages(version)
        text = package and package.text(path)
        if text is None:
            missing.append(f"option `{name}`: {version} has no {path}")
            continue
        around = "\n".join(text.splitlines()[line - 1 : line + NEAR])
        words = {flag.split("=")[0].lstrip("-") for flag in words_of(option)[:1]}
        words |= {option["environment"]} if option.get("environment") else set()
        stems = {word.removeprefix("no-") for word in words}
        if words and not any(s in around or s.replace("-", "_") in around for s in stems):
            missing.append(f"option `{name}`: {option['source']} says: {around.strip()[:60]}")
    return missing


def named_only(sheet):
    """What of an engine that can't be fetched has no file and line."""
    proof = re.compile(r"\S+:\d+@\S+$|https://\S+$")
    missing = [] if proof.search(str(sheet.get("source", ""))) else ["the profile names no source"]
    for name, option in (sheet.get("options") or {}).items():
        if not re.search(r"\S+:\d+@\S+$", str(option.get("source", ""))):
            missing.append(f"option `{name}` names no `path:line@version`")
    return missing


def check(document, python, environments, further):
    """Rows of the table for one profile: version, how, counts and what is missing."""
    name, rows = document["name"], []
    told = None
    for version, sheet in at_versions(document, further.get(name, ())):
        flags, others = flags_of(sheet), variables_of(sheet) | routes_of(sheet)
        if not sheet.get("command") or "{executable}" in sheet["command"][0]:
            continue  # it starts nothing, or us
        package = package_of(sheet)
        if package is None:
            rows.append((name, version, "named", len(flags), len(others), named_only(sheet)))
            continue
        source = Package(package, version, python)
        known, how = source.flags(), "source"
        if environments.get(name):
            told = told or installed(environments[name], name, sheet)
            if told[0] == version:
                known, how = told[1], "--help"
        missing = [f"flag {flag}" for flag in sorted(flags - known)]
        missing += [f"`{text}` in its texts" for text in sorted(others) if not source.says(text)]
        missing += lines_missing(sheet, lambda at, p=package: Package(p, at, python))
        rows.append((name, version, how, len(flags), len(others), missing))
    return rows


def main():
    """Checks all profiles, or those that are named."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("engines", nargs="*", help="names of profiles (default: all)")
    parser.add_argument(
        "--environment",
        action="append",
        default=[],
        metavar="ENGINE=FOLDER",
        help="a Python environment in which an engine is installed",
    )
    parser.add_argument(
        "--also",
        action="append",
        default=[],
        metavar="ENGINE=VERSION,…",
        help="versions to look at beside those at which a profile changes",
    )
    arguments = parser.parse_args()
    environments = dict(pair.split("=", 1) for pair in arguments.environment)
    further = {
        name: versions.split(",")
        for name, versions in (pair.split("=", 1) for pair in arguments.also)
    }
    KEPT.mkdir(parents=True, exist_ok=True)
    python = bare_environment()
    rows = []
    for document in read_profiles(python, arguments.engines):
        rows += check(document, python, environments, further)
    print(f"{'engine':18}{'version':16}{'looked up in':14}{'flags':>6}{'others':>8}{'missing':>9}")
    for name, version, how, flags, others, missing in rows:
        print(f"{name:18}{version:16}{how:14}{flags:6}{others:8}{len(missing):9}")
    wrong = [(row[0], row[1], text) for row in rows for text in row[5]]
    for name, version, text in wrong:
        print(f"missing: {name} {version}: {text}")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
