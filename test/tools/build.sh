#!/usr/bin/env bash
# Builds the tools that a module in test/tools names, and says every ten seconds how far the
# build is. The count leaves out what the build cache has.
#
#   build.sh <module> <output> <linker flags>
#
# In the linker flags, VERSION stands for the version of the module that has the tools.
set -euo pipefail
module=$1 output=$2 flags=$3
: "${GO:=go}"
cd "$(dirname "$0")/$module"
mapfile -t packages < <($GO list tool)
flags=${flags//VERSION/$($GO list -f '{{.Module.Version}}' "${packages[0]}")}

total=$($GO list -deps -trimpath -f '{{if .Stale}}{{.ImportPath}}{{end}}' "${packages[@]}" | wc -l)
echo "building $module from test/tools/$module: $total packages, once" >&2
log=${output%/}.log
SECONDS=0
$GO build -v -trimpath -ldflags "-s -w $flags" -o "$output" "${packages[@]}" 2> "$log" &
while kill -0 $! 2> /dev/null; do
	sleep 1
	((SECONDS % 10)) || echo "building $module: $(wc -l < "$log") of $total packages, $SECONDS s" >&2
done
wait $! || {
	cat "$log" >&2
	exit 1
}
rm "$log"
echo "built $module in $SECONDS s" >&2
