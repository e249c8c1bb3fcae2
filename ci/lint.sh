#!/bin/sh
# lint.sh [ROOT] : layering, headers, lengths, banned calls, scripts. Each finding is a line
# FILE:LINE: message; exits 1 when there is one. The line rules are in lint.awk.
set -eu
ci=$(cd "$(dirname "$0")" && pwd)
cd "${1:-$ci/..}"
export LC_ALL=C
findings=$(mktemp)
trap 'rm -f "$findings"' EXIT

# find's tests for names -> paths from the root, without what is built
sources() {
	find . \( -name .git -o -path ./build -o -path ./rehearse-results \) -prune -o \
		-type f \( "$@" \) -print | sed 's|^\./||' | sort
}

lines() {
	sources -name '*.[ch]' -o -name '*.sh' -o -name '*.awk' -o -name '*.sql' -o -name '*.md' \
		-o -name '*.yaml' -o -name '*.yml' -o -name '*.json' -o -name Makefile \
		-o -path './.ci/run' | tr '\n' '\0' | xargs -0 -r awk -f "$ci/lint.awk"
}

functions() {
	if ! command -v ctags >/dev/null; then
		echo "lint: ctags (universal-ctags) is missing: functions are not measured" >&2
		return
	fi
	sources -name '*.[ch]' | ctags -L - -x --languages=C --langmap=C:.c.h --kinds-C=f \
		--_xformat='%F %n %{end} %N' | awk 'NF == 4 && $3 - $2 >= 80 {
			print $1 ":" $2 ": the function " $4 " has " $3 - $2 + 1 \
				" lines, 80 are allowed"
		}'
}

# One compiler per header: each must stand by itself.
headers() {
	[ ! -f Makefile ] || make -s build/gen/embed.h >/dev/null
	flags="-std=gnu17 -D_GNU_SOURCE -Wall -Wextra -Wshadow -Wstrict-prototypes -Werror"
	flags="$flags -Wno-unused -I. -Ibuild/gen"
	flags="$flags $(pkg-config --cflags libpq libmariadb check 2>/dev/null || :)"
	# shellcheck disable=SC2016 # $1 is the inner shell's
	sources -name '*.h' | FLAGS=$flags xargs -r -P "$(nproc)" -n 1 sh -c '
		said=$(printf "#include \"%s\"\n" "$1" |
			${CC:-cc} $FLAGS -fsyntax-only -x c - 2>&1) || printf "%s:1: %s: %s\n" \
			"$1" "does not compile alone" \
			"$(printf "%s\n" "$said" | grep -m 1 error)"' sh
}

scripts() {
	sources -name '*.sh' -o -path './.ci/run' | while read -r file; do
		shell="sh"
		if head -n 1 "$file" | grep -q bash; then shell="bash"; fi
		if ! said=$("$shell" -n "$file" 2>&1); then
			printf '%s\n' "$said" |
				sed -n "s|^[^:]*: \(line \)\{0,1\}\([0-9]*\): |$file:\2: |p"
		elif command -v shellcheck >/dev/null; then
			shellcheck -S warning -f gcc "$file" |
				sed 's/^\([^:]*:[0-9]*\):[0-9]*:/\1:/'
		fi
	done
}

lines >>"$findings"
functions >>"$findings"
headers >>"$findings"
scripts >>"$findings"
if [ -s "$findings" ]; then
	sort -t: -k1,1 -k2,2n "$findings"
	echo "lint: $(wc -l <"$findings") findings" >&2
	exit 1
fi
echo "lint: $(sources -name '*.[ch]' -o -name '*.sh' | wc -l) files, no findings"
