#!/bin/sh
# fuzz.sh [NAME] [SECONDS] : all fuzz targets, or the one named, SECONDS each. What makes one crash
# is left in build/fuzz/found/ and named; what was learned stays in build/fuzz/corpus/.
set -eu
only=${1:-}
seconds=${2:-60}
build=build/fuzz
if ! command -v clang >/dev/null; then
	echo "fuzz: clang is missing; install it, with the runtime of its libFuzzer" >&2
	exit 2
fi
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1 ASAN_OPTIONS=detect_leaks=1
# Seeds: the tree's own files.
seeds() {
	case $1 in
	scenario) echo scenarios ;;
	*_mysql) echo fixtures/opendental-innodb/mysql/90_finish.sql scenarios ;;
	*) echo scenarios ;;
	esac
}
failed=0 ran=0
for source in tests/fuzz/fuzz_*.c; do
	name=${source##*/fuzz_}
	name=${name%.c}
	[ -z "$only" ] || [ "$only" = "$name" ] || continue
	ran=$((ran + 1))
	make -s "-j$(nproc)" CC=clang FUZZ=1 WARN=-w "$build/${source%.c}"
	mkdir -p "$build/corpus/$name" "$build/found" "$build/seeds/$name"
	# shellcheck disable=SC2046 # words of a list
	find $(seeds "$name") -type f \( -name '*.sql' -o -name '*.yaml' \) -size -16k \
		-exec cp --backup=numbered {} "$build/seeds/$name" \;
	if "$build/${source%.c}" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=3000 \
		-max_len=8192 -dict=tests/fuzz/words.dict -print_final_stats=1 \
		-artifact_prefix="$build/found/$name-" "$build/corpus/$name" \
		"$build/seeds/$name" >"$build/$name.log" 2>&1; then
		echo "ok   fuzz $name: $(sed -n 's/^stat::number_of_executed_units: //p' \
			"$build/$name.log") inputs"
	else
		failed=1
		echo "FAIL fuzz $name"
		grep -v '^#\|^stat::\|NEW' "$build/$name.log" | tail -n 60 | sed 's/^/     /'
	fi
	rm -rf "$build/seeds/$name"
done
[ $ran -gt 0 ] || { echo "no fuzz target named '$only'"; exit 2; }
exit $failed
