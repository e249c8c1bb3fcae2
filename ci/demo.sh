#!/bin/sh
# demo.sh REHEARSE : the same index, built in two ways, rehearsed under the traffic of a dental
# practice.
set -u
rehearse=${1:?usage: demo.sh REHEARSE}
status=0
trap 'exit 3' INT TERM
heading() {
	printf '\n%s\n' "$1"
	printf '%s\n\n' "$1" | sed 's/./=/g'
}
# show NAME EXPECTED_EXIT
show() {
	"$rehearse" run "scenarios/$1"
	code=$?
	[ $code -eq "$2" ] || {
		echo "demo: scenarios/$1 ended with exit code $code, not $2" >&2
		status=1
	}
}
verdict_line() {
	"$rehearse" report --format line "rehearse-results/$1/result.json" || status=1
}
# A result of an earlier run must not stand in for one that failed.
rm -f rehearse-results/index-plain/result.json rehearse-results/index-concurrently/result.json
heading '1 of 2: CREATE INDEX'
show index-plain 1
heading '2 of 2: CREATE INDEX CONCURRENTLY'
show index-concurrently 0
heading 'The two verdicts'
verdict_line index-plain
verdict_line index-concurrently
exit $status
