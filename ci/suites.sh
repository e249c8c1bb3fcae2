#!/bin/sh
# suites.sh BUILD [NAME] : runs all test suites, or the one named, and prints the totals.
set -u
build=$1
only=${2:-}
export G_SLICE=always-malloc CK_DEFAULT_TIMEOUT="${CK_DEFAULT_TIMEOUT:-120}" REHEARSE_BUILD="$build"
n='\([0-9]*\)'
totals="s/^[0-9]*%: Checks: $n, Failures: $n, Errors: $n.*/\\1 \\2 \\3/p"
passed=0 failed=0 ran=0
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
for source in tests/unit/test_*.c tests/integration/test_*.c tests/e2e/test_*.c; do
	name=${source##*/test_}
	name=${name%.c}
	[ -z "$only" ] || [ "$only" = "$name" ] || continue
	[ -f "$source" ] || continue
	ran=$((ran + 1))
	start=$(date +%s)
	"$build/${source%.c}" >"$log" 2>&1
	code=$?
	counts=$(sed -n "$totals" "$log" | tail -n 1)
	set -- $counts
	if [ $# -ne 3 ] || { [ $code -ne 0 ] && [ $(($2 + $3)) -eq 0 ]; }; then
		failed=$((failed + 1))
		echo "FAIL $name (exit $code, no totals)"
		sed 's/^/     /' "$log"
		continue
	fi
	passed=$((passed + $1 - $2 - $3))
	failed=$((failed + $2 + $3))
	state=ok
	[ $code -eq 0 ] || state=FAIL
	printf '%-4s %-28s %3d checks, %d failed, %ds\n' $state "$name" "$1" $(($2 + $3)) \
		$(($(date +%s) - start))
	[ $code -eq 0 ] || sed 's/^/     /' "$log"
	sed -n 's/^skipped: /     skipped: /p' "$log"
done
[ $ran -gt 0 ] || { echo "no suite named '$only'"; exit 2; }
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
