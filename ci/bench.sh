#!/bin/sh
# bench.sh BUILD [NAME] : runs the parts of the benchmark, or the one named, one after the other
# and alone, and collects their tables. A missed goal is a figure, not a failure: fails only when
# a part could not measure. With REFRESH=1 the tables in README.md are made anew from what was
# measured: between `<!-- bench NAME -->` and `<!-- bench end -->` the figures that have a goal, or
# after `<!-- bench NAME all -->` all of them.
set -u
build=$1
only=${2:-}
# What takes too long for a run of everything is run by its name only.
on_request=" stability "
export REHEARSE_BUILD="$build"
results=rehearse-results/bench
start=$(date +%s)
mkdir -p "$results" || exit 1
read -r load _ </proc/loadavg
case $load in
0.* | 1.*) ;;
*) echo "bench: the machine is busy (load $load): these are not the figures of a quiet one" ;;
esac
ran='' failed=''
refresh() {
	awk -v results="$results" '
		!inside { print }
		/^<!-- bench end -->/ { if (inside) print; inside = 0 }
		/^<!-- bench [a-z]+( all)? -->/ && $3 != "end" {
			table = results "/" $3 ".md"
			while ((getline line <table) > 0) {
				inside = 1
				split(line, cell, "|")
				if ($4 == "all" || cell[4] !~ /^ *$/)
					print line
			}
			close(table)
		}' README.md >"$results/README.md" && cat "$results/README.md" >README.md
	rm -f "$results/README.md"
}
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
[ -z "${REFRESH:-}" ] || refresh
[ -z "$failed" ]
