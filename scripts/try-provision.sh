#!/usr/bin/env bash
# A Python environment made for real, by the program and uv, from a package index:
# a tiny package stands in for an engine, since what is tried is the way, and an
# engine takes gigabytes. It has to be made once, be found again, keep to its
# overrides and constraints, and be refused with a cure where it can't be made.
#
#   scripts/try-provision.sh [PROGRAM]
#
# It needs python3 with pip and a way to PyPI. uv is installed into a folder of its
# own, which is removed again.
set -euo pipefail
program=$(realpath "${1:-target/debug/tokenometer}")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

fail() { echo "FAILED: $*" >&2; exit 1; }

# PyPI may be reached by way of authorities that only pip was told of.
export SSL_CERT_FILE=${SSL_CERT_FILE:-${PIP_CERT:-}}
[ -n "$SSL_CERT_FILE" ] || unset SSL_CERT_FILE

mkdir stand-in
cat >stand-in/pyproject.toml <<'TOML'
[build-system]
requires = ["setuptools==80.9.0"]
build-backend = "setuptools.build_meta"
[project]
name = "stand-in"
version = "7.0"
TOML
echo 'who = "a package that the profile brings along"' >stand-in/stand_in.py

cat >tiny.yaml <<'YAML'
name: tiny
about: a tiny package instead of an engine
version: "3.4.2"
provision:
  python:
    version: "3.11"
    packages: ["charset-normalizer=={version}", "requests==2.32.3"]
    overrides: ["idna==3.6"]
    constraints: ["urllib3<2.3"]
    local: [stand-in]
    after: [[python, -c, "import stand_in; print(stand_in.who)"]]
command: [normalizer, --version]
dialects: [openai-completions]
options: { seed: { flag: --seed, type: count } }
YAML

python3 -m venv uv-home
uv-home/bin/pip install --quiet uv
python=$(dirname "$(python3 -c 'import sys; print(sys.executable)')")
export XDG_CACHE_HOME="$folder/cache"

echo "== without uv it is said how to get it"
PATH=/usr/bin:/bin HOME=$folder "$program" engines ./tiny.yaml | tee without
grep -q "pip install uv" without || fail "the cure is not told"

export PATH="$folder/uv-home/bin:$python:/usr/bin:/bin"
echo "== looking changes nothing"
"$program" engines ./tiny.yaml
[ ! -e cache ] || fail "looking has made something"

echo "== it is made"
"$program" engines ./tiny.yaml --prepare | tee made
for line in "charset-normalizer==3.4.2" "requests==2.32.3" "idna==3.6" "stand-in @ "; do
    grep -q "^$line" made || fail "the lock lacks $line"
done
grep -Eq "^urllib3==(1|2\.[012])\." made || fail "the constraint was not kept to"
grep -q "a package that the profile brings along" cache/tokenometer/environments/*.log ||
    fail "the step after the installation did not run"
cache/tokenometer/environments/tiny-*/bin/normalizer --version

echo "== it is found again, and is the same"
"$program" engines ./tiny.yaml --prepare >again 2>steps
cmp made again || fail "it is not the same"
[ ! -s steps ] || fail "it was made again: $(cat steps)"

echo "== what can't be installed is refused with a cure"
sed 's/3\.4\.2/99.0/' tiny.yaml >none.yaml
if "$program" engines ./none.yaml --prepare >/dev/null 2>refusal; then fail "it was made"; fi
cat refusal
grep -q "No solution found" refusal || fail "uv's words are missing"

echo "== so is an index that is out of reach"
sed 's/"3\.4\.2"/"3.4.1"/' tiny.yaml >other.yaml
if UV_DEFAULT_INDEX=http://127.0.0.1:9/simple UV_HTTP_RETRIES=0 UV_CACHE_DIR=$folder/empty \
    "$program" engines ./other.yaml --prepare >/dev/null 2>refusal; then fail "it was made"; fi
cat refusal
grep -q "the network can't be reached" refusal || fail "the cure is missing"
[ "$(find cache/tokenometer/environments -mindepth 1 -maxdepth 1 -type d | wc -l)" = 1 ] ||
    fail "a failure has left something"
echo "all of it held"
