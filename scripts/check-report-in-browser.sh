#!/usr/bin/env bash
# Opens reports in a real browser and checks that they do what they promise: no message in
# the console, no request but the file itself, the verdict in sight at once, on a phone too,
# charts that hide a series and give away their data, both colour schemes, paper, keyboard,
# and what axe-core finds. The runs are made up, one of each kind that a study can end in.
#
#   scripts/check-report-in-browser.sh [KIND …]     all kinds but `million` where none is named
#
# It installs what it needs where that is missing: Debian's chromium and chromium-driver,
# selenium (from PyPI) and axe-core (from npm) under target/.
set -euo pipefail
cd "$(dirname "$0")/.."
place=target/report-in-browser
mkdir -p "$place"

missing=()
[ -x /usr/bin/chromium ] || missing+=(chromium fonts-dejavu-core)
[ -x /usr/bin/chromedriver ] || missing+=(chromium-driver)
python3 -c "import ensurepip" 2>/dev/null || missing+=(python3-venv)
if [ ${#missing[@]} -ne 0 ]; then
    root=()
    if [ "$(id -u)" -ne 0 ]; then root=(sudo); fi
    "${root[@]}" apt-get update -qq
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
        --no-install-recommends "${missing[@]}" >/dev/null
fi
selenium=selenium==4.51.0
if ! "$place/venv/bin/pip" freeze 2>/dev/null | grep -qx "$selenium"; then
    python3 -m venv "$place/venv"
    "$place/venv/bin/pip" install --quiet --disable-pip-version-check "$selenium"
fi

kinds=("$@")
if [ ${#kinds[@]} -eq 0 ]; then
    kinds=(decided failed invalid not-comparable interrupted single-block hostile sweeps)
fi
# What a trial of a million requests would take without it is nobody's concern here.
build=()
if [[ " ${kinds[*]} " == *" million "* ]]; then build=(--release); fi
cargo build --quiet "${build[@]}" -p tokenometer-cli
cargo build --quiet "${build[@]}" -p tokenometer-made-up --example made-up
bin=target/debug
if [ ${#build[@]} -ne 0 ]; then bin=target/release; fi

reports=()
for kind in "${kinds[@]}"; do
    rm -rf "$place/runs/$kind"
    "$bin/examples/made-up" "$kind" "$place/runs/$kind"
    "$bin/tokenometer" report "$place/runs/$kind" --format html --out "$place/$kind.html"
    reports+=("$place/$kind.html")
done
"$place/venv/bin/python" scripts/check-report-in-browser.py --place "$place" "${reports[@]}"
