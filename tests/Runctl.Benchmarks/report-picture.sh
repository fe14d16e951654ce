#!/usr/bin/env bash
# Makes docs/report.png again: the report of a sample run, as Chromium shows it. Needs chromium.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
dotnet run --project tests/Runctl.Benchmarks -- report-page "$work/report.html"
chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --user-data-dir="$work/profile" --window-size=1000,1250 --screenshot=docs/report.png "file://$work/report.html"
