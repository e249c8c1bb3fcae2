#!/bin/sh
# valgrind.sh BUILD [NAME...] : the unit suites, or those named, under valgrind, as many at a time
# as there are processors. A leak or a bad access fails the very test: each is a forked child, which
# then ends with valgrind's exit code.
set -u
export CK_DEFAULT_TIMEOUT=600 G_SLICE=always-malloc
# For itself: one suite.
if [ "$1" = --one ]; then
	log=$(mktemp) || exit 1
	trap 'rm -f "$log"' EXIT
	if valgrind -q --leak-check=full --show-leak-kinds=definite,indirect \
		--errors-for-leak-kinds=definite,indirect --error-exitcode=9 \
		--suppressions=ci/valgrind.supp \
		"$REHEARSE_BUILD/tests/unit/test_$2" >"$log" 2>&1; then
		printf 'ok   valgrind %s\n' "$2"
	else
		# In one piece: others write too.
		echo "FAIL valgrind $2
$(sed 's/^/     /' "$log")"
	fi
	exit 0
fi
export REHEARSE_BUILD="$1"
shift
all=$(mktemp) || exit 1
trap 'rm -f "$all"' EXIT
if [ $# -eq 0 ]; then
	# shellcheck disable=SC2046 # names without blanks
	set -- $(printf '%s\n' tests/unit/test_*.c | sed 's/.*test_//; s/\.c$//')
fi
printf '%s\n' "$@" | xargs -P "$(nproc)" -n 1 sh ci/valgrind.sh --one | tee "$all"
clean=$(grep -c '^ok   valgrind ' "$all")
echo "valgrind: $clean suites clean, $(($# - clean)) not"
[ "$clean" -eq $# ]
