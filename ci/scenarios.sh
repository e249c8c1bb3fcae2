#!/bin/sh
# scenarios.sh REHEARSE [NAME] : rehearses every scenario, or the one named, and compares verdict
# and findings with those that it expects. SMALL=1 takes the small variants.
set -u
rehearse=${1:?usage: scenarios.sh REHEARSE [NAME]}
only=${2:-}
log=$(mktemp) || exit 2
trap 'rm -f "$log"' EXIT
trap 'exit 3' INT TERM
verdict() {
	case $1 in
	0) echo approve ;;
	1) echo reject ;;
	4) echo inconclusive ;;
	*) echo "exit $1" ;;
	esac
}
right=0 wrong=0
printf '%-8s %-44s %-9s %-13s %s\n' '' scenario expected verdict seconds
for file in scenarios/*/scenario.yaml; do
	dir=${file%/scenario.yaml}
	name=${dir#scenarios/}
	[ -z "$only" ] || [ "$only" = "$name" ] || continue
	expected=$(sed -n '/^expect:/,/^[^ ]/s/^ *verdict: *//p' "$file")
	result=rehearse-results/$name/result.json
	rm -f "$result"
	start=$(date +%s)
	"$rehearse" run --quiet ${SMALL:+--small} "$dir" >"$log" 2>&1
	got=$(verdict $?)
	seconds=$(($(date +%s) - start))
	# A scenario without an expected verdict only has to be carried out.
	case $got in
	"${expected:-$got}") ok=true ;;
	*) ok=false ;;
	esac
	case $got in exit*) ok=false ;; esac
	ids=$(sed -n '/^expect:/,/^[^ ]/s/^ *findings: *\[\(.*\)\].*/\1/p' "$file" | tr ',' ' ')
	for id in $ids; do
		grep -q "\"id\": *\"$id\"" "$result" 2>/dev/null && continue
		echo "no finding '$id'" >>"$log"
		ok=false
	done
	if $ok; then
		right=$((right + 1)) word=ok
	else
		wrong=$((wrong + 1)) word=WRONG
	fi
	printf '%-8s %-44s %-9s %-13s %4d\n' $word "$name" "${expected:--}" "$got" $seconds
	$ok || sed 's/^/         /' "$log"
done
[ $((right + wrong)) -gt 0 ] || {
	echo "no scenario named '$only'"
	exit 2
}
echo "$right as expected, $wrong not"
[ $wrong -eq 0 ]
