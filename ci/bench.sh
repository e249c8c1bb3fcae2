#!/bin/sh
# bench.sh BUILD [NAME] : runs the parts of the benchmark, or the one named, one after the other
# and alone, and collects their tables. A missed goal is a figure, not a failure: fails only when
# a part could not measure.
set -u
build=$1
only=${2:-}
# What takes too long for a run of everything is run by its name only.
on_request=" stability "
export REHEARSE_BUILD="$build"
results=rehearse-results/bench
start=$(date +%s)
mkdir -p "$results" || exit 1
ran='' failed=''
for source in tests/bench/part_*.c; do
	name=${source##*/part_}
	name=${name%.c}
	if [ -n "$only" ]; then
		[ "$only" = "$name" ] || continue
	else
		case $on_request in *" $name "*) continue ;; esac
	fi
	rm -f "$results/$name.json" "$results/$name.md"
	if "$build/${source%.c}"; then
		ran="$ran $name"
	else
		failed="$failed $name"
		echo "bench: the part '$name' could not be measured" >&2
	fi
done
[ -n "$ran$failed" ] || {
	echo "bench: no part named '$only'" >&2
	exit 2
}
for name in $ran; do
	cat "$results/$name.md"
	echo
done >"$results/bench.md"
echo "bench:$ran in $((($(date +%s) - start + 59) / 60)) min; tables in $results/bench.md"
[ -z "$failed" ]
