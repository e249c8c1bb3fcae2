# What one line, or one file, can have wrong. Called by lint.sh with files named from the root.

function complain(text) {
	print file ":" FNR ": " text
}

# Without strings, character constants and comments; a comment may go on over lines.
function code_of(s,    at) {
	if (in_comment) {
		at = index(s, "*/")
		if (!at)
			return ""
		s = substr(s, at + 2)
		in_comment = 0
	}
	gsub(/\\./, "", s)
	gsub(/"[^"]*"/, "\"\"", s)
	gsub(/'[^']*'/, "0", s)
	while ((at = index(s, "/*"))) {
		if (!match(substr(s, at), /\*\//)) {
			in_comment = 1
			return substr(s, 1, at - 1)
		}
		s = substr(s, 1, at - 1) " " substr(s, at + RSTART + 1)
	}
	sub(/\/\/.*/, "", s)
	return s
}

# Columns, with tabs to every eighth and a character of several bytes as one.
function width(s,    n, part, i, count) {
	gsub(/[\200-\277]/, "", s)
	count = split(s, part, "\t")
	n = length(part[1])
	for (i = 2; i <= count; i++)
		n = n - n % 8 + 8 + length(part[i])
	return n
}

function finish_file() {
	if (is_c && lines > 500)
		print file ":501: the file has " lines " lines, 500 are allowed"
	if (is_header && guard_state != 2)
		print file ":1: no include guard (#ifndef REHEARSE_..._H and its #define come first)"
}

function check_guard(s,    word) {
	split(s, word, " ")
	if (guard_state == 0 && s ~ /^#/) {
		guard_state = word[1] == "#ifndef" && word[2] ~ /^REHEARSE_[A-Z0-9_]+_H$/ ? 1 : 3
		guard = word[2]
		if (guard_state == 1 && guard in guards)
			complain("the guard " guard " is also that of " guards[guard])
		guards[guard] = file
	} else if (guard_state == 1 && s ~ /^#/) {
		guard_state = word[1] == "#define" && word[2] == guard ? 2 : 3
	}
}

function check_include(s,    name) {
	if (s !~ /^[ \t]*#[ \t]*include/)
		return
	name = s
	sub(/^[^<"]*[<"]/, "", name)
	sub(/[>"].*/, "", name)
	if (file ~ /^harness\//) {
		if (name ~ /^(libpq|postgresql\/|mysql|mariadb|curl\/)/)
			complain("harness/ must not include '" name "': that is an adapter's business")
		if (name ~ /^adapters\// && name !~ /^adapters\/(db|dialect|observer|pool|provider|rules|suggest|engine|notifier)\.h$/)
			complain("harness/ must not include '" name "', only the contracts in adapters/*.h")
	}
	if (file ~ /^adapters\// && name ~ /^harness\// && name !~ /^harness\/base\//)
		complain("adapters/ must not include '" name "', only harness/base/")
	if (name ~ /^tests\// && file !~ /^tests\//)
		complain("only tests include '" name "'")
}

function check_calls(s,    word) {
	if (match(s, /(^|[^A-Za-z0-9_.>])(strcpy|strcat|sprintf|vsprintf|gets|atoi|atol|strtok|system|popen|alloca)[ \t]*\(/)) {
		word = substr(s, RSTART, RLENGTH)
		gsub(/[^a-z]/, "", word)
		complain("'" word "' is banned")
	}
	if (may_exit)
		return
	if (s ~ /(^|[^A-Za-z0-9_.>])exit[ \t]*\(/)
		complain("'exit' is for commands only: return an error")
}

FNR == 1 {
	if (file != "")
		finish_file()
	file = FILENAME
	sub(/^\.\//, "", file)
	is_header = file ~ /\.h$/
	is_c = is_header || file ~ /\.c$/
	is_script = file ~ /\.sh$/ || file == ".ci/run"
	may_exit = file ~ /^(tests\/|harness\/main\.c|harness\/command\/)/
	in_comment = guard_state = 0
}

{
	lines = FNR
	if (/[ \t\r]$/)
		complain("white space at the end of the line")
	if (/(^|[^A-Za-z0-9_.])[/]work[/]/)
		complain("a path of one machine")
	if (/(^|[^A-Za-z])(TO[D]O|FIX[M]E)([^A-Za-z]|$)/)
		complain("unfinished: a mark for later")
}

is_c || is_script {
	if (width($0) > 100)
		complain("the line has " width($0) " columns, 100 are allowed")
}

is_c {
	was_in_comment = in_comment
	code = code_of($0)
	if (!was_in_comment)
		check_include($0)
	if (is_header)
		check_guard(code)
	check_calls(code)
}

END {
	if (file != "")
		finish_file()
}
