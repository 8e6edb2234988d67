#!/bin/bash
# The base map of the page is what its script makes, byte for byte, and stays small.
set -u
page=$1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

size=$(stat -c %s "$page/basemap.bin") || exit 1
if [ "$size" -gt 250000 ]; then
    printf 'not ok: basemap.bin has %s bytes, more than 250,000\n' "$size"
    exit 1
fi
node=$(command -v node) || { echo "skipped: node is not here, so the base map is not made again"; exit 77; }
"$node" "$page/basemap/make.mjs" --output "$work/basemap.bin"
case $? in
0) ;;
3) echo "skipped: npm cannot fetch the package, so the base map is not made again" && exit 77 ;;
*) exit 1 ;;
esac
cmp "$work/basemap.bin" "$page/basemap.bin" || { echo "not ok: basemap.bin is not what make.mjs makes"; exit 1; }
echo "ok: basemap.bin is what make.mjs makes, $size bytes"
