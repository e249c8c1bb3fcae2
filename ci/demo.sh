#!/bin/sh
# demo.sh REHEARSE [mysql] : two migrations rehearsed under the traffic of a dental practice, and
# their verdicts one under the other. On PostgreSQL the same index built in two ways; with `mysql`,
# on MariaDB, a step of the vendor's own and a change that the vendor's queries don't survive.
set -u
rehearse=${1:?usage: demo.sh REHEARSE [mysql]}
status=0
trap 'exit 3' INT TERM
if [ "${2:-}" = mysql ]; then
	first=opendental-vendor-step first_title='a vendor step on Open Dental' first_exit=1
	second=opendental-rename-naive second_title='a renamed column' second_exit=1
else
	first=index-plain first_title='CREATE INDEX' first_exit=1
	second=index-concurrently second_title='CREATE INDEX CONCURRENTLY' second_exit=0
fi
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
rm -f "rehearse-results/$first/result.json" "rehearse-results/$second/result.json"
heading "1 of 2: $first_title"
show $first $first_exit
heading "2 of 2: $second_title"
show $second $second_exit
heading 'The two verdicts'
verdict_line $first
verdict_line $second
exit $status
