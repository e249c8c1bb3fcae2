#!/bin/sh
# valgrind.sh BUILD [NAME...] : the unit suites, or those named, under valgrind. A leak or a bad
# access fails the very test: each is a forked child, which then ends with valgrind's exit code.
set -u
build=$1
shift
export CK_DEFAULT_TIMEOUT=600 G_SLICE=always-malloc REHEARSE_BUILD="$build"
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
clean=0 bad=0
for source in tests/unit/test_*.c; do
	name=${source##*/test_}
	name=${name%.c}
	[ $# -eq 0 ] || case " $* " in *" $name "*) ;; *) continue ;; esac
	if valgrind -q --leak-check=full --show-leak-kinds=definite,indirect \
		--errors-for-leak-kinds=definite,indirect --error-exitcode=9 \
		"$build/${source%.c}" >"$log" 2>&1; then
		clean=$((clean + 1))
		printf 'ok   valgrind %s\n' "$name"
	else
		bad=$((bad + 1))
		printf 'FAIL valgrind %s\n' "$name"
		sed 's/^/     /' "$log"
	fi
done
echo "valgrind: $clean suites clean, $bad not"
[ "$bad" -eq 0 ] && [ "$clean" -gt 0 ]
