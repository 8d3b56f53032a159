#!/usr/bin/env bash
# Proves that what is in the tree is what the tools would write: gen/ from
# proto/, the lexicon from its words, and every go.mod and go.sum. Works on a copy, so that the tree stays as
# it is; prints the difference and how to settle it.
set -euo pipefail
cd "$(dirname "$0")/.."

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir "$tmp/was"
git ls-files -z --cached --others --exclude-standard |
	while IFS= read -r -d '' f; do [ ! -e "$f" ] || printf '%s\0' "$f"; done |
	tar --null --files-from=- -cf - | tar -xf - -C "$tmp/was"
cp -r "$tmp/was" "$tmp/is"
ln -s "$PWD/.bin" "$tmp/is/.bin"

"$tmp/is/build/generate.sh"
"$tmp/is/build/tidy.sh"

rm -rf "$tmp/is/.bin" "$tmp/is/.bufdeps"
cd "$tmp"
if ! diff -ruN was is; then
	echo "build/fresh.sh: the files above are not what the tools write: run 'make generate tidy' and commit the result" >&2
	exit 1
fi
echo "fresh: generated code and module files are what the tools write"
