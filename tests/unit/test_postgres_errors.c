/* What PostgreSQL's errors mean, that their texts hold nobody's data, and what a DSN may show. */
#include <stdlib.h>
#include <string.h>

#include "adapters/postgres/client.h"
#include "adapters/postgres/errors.h"
#include "tests/support/suite.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
	const char *state;
	enum db_class class;
	const char *comment;
} class_cases[] = {
	{"42P01", DB_CLASS_BREAKAGE, "undefined table"},
	{"42703", DB_CLASS_BREAKAGE, "undefined column"},
	{"42601", DB_CLASS_BREAKAGE, "syntax error"},
	{"42501", DB_CLASS_SETUP, "insufficient privilege, though in class 42"},
	{"22001", DB_CLASS_BREAKAGE, "string too long"},
	{"22P02", DB_CLASS_BREAKAGE, "invalid text representation"},
	{"23502", DB_CLASS_BREAKAGE, "not null"},
	{"23505", DB_CLASS_BREAKAGE, "unique"},
	{"23514", DB_CLASS_BREAKAGE, "check"},
	{"2BP01", DB_CLASS_BREAKAGE, "dependent objects still exist"},
	{"0A000", DB_CLASS_BREAKAGE, "cached plan must not change result type"},
	{"3F000", DB_CLASS_BREAKAGE, "no such schema"},
	{"55P04", DB_CLASS_BREAKAGE, "unsafe use of a new enum value"},
	{"55P03", DB_CLASS_CONTENTION, "lock not available"},
	{"55006", DB_CLASS_CONTENTION, "object in use"},
	{"40001", DB_CLASS_CONTENTION, "serialization failure"},
	{"40P01", DB_CLASS_CONTENTION, "deadlock"},
	{"57014", DB_CLASS_CONTENTION, "query canceled"},
	{"08006", DB_CLASS_CONNECTION, "connection failure"},
	{"57P01", DB_CLASS_CONNECTION, "admin shutdown"},
	{"57P02", DB_CLASS_CONNECTION, "crash shutdown"},
	{"57P03", DB_CLASS_CONNECTION, "cannot connect now"},
	{"57P05", DB_CLASS_CONNECTION, "idle session time-out"},
	{"25P03", DB_CLASS_CONNECTION, "idle in transaction time-out"},
	{"", DB_CLASS_CONNECTION, "no state: lost"},
	{NULL, DB_CLASS_CONNECTION, "no state: lost"},
	{"28P01", DB_CLASS_SETUP, "wrong password"},
	{"28000", DB_CLASS_SETUP, "no pg_hba.conf entry"},
	{"25006", DB_CLASS_SETUP, "read-only transaction"},
	{"3D000", DB_CLASS_SETUP, "no such database"},
	{"55000", DB_CLASS_SETUP, "not in prerequisite state"},
	{"53300", DB_CLASS_RESOURCE, "too many connections"},
	{"53100", DB_CLASS_RESOURCE, "disk full"},
	{"58030", DB_CLASS_RESOURCE, "I/O error"},
	{"25P02", DB_CLASS_OTHER, "in failed transaction: an echo"},
	{"P0001", DB_CLASS_OTHER, "raised"},
	{"XX000", DB_CLASS_OTHER, "internal"},
	{"ZZ999", DB_CLASS_OTHER, "unknown"},
};

START_TEST(states_have_their_class)
{
	ck_assert_msg(pg_error_class(class_cases[_i].state) == class_cases[_i].class, "%s (%s): %s",
		class_cases[_i].state, class_cases[_i].comment,
		db_class_name(pg_error_class(class_cases[_i].state)));
}
END_TEST

START_TEST(only_a_refused_lock_is_a_lock_timeout)
{
	ck_assert(pg_error_is_lock_timeout("55P03"));
	ck_assert(!pg_error_is_lock_timeout("57014"));
	ck_assert(!pg_error_is_lock_timeout("40P01"));
	ck_assert(!pg_error_is_lock_timeout(NULL));
}
END_TEST

static const struct {
	const char *state, *message, *masked, *comment;
} mask_cases[] = {
	{"42P01", "relation \"appointment\" does not exist",
		"relation \"appointment\" does not exist", "names stay"},
	{"23505", "duplicate key value violates unique constraint \"patient_pkey\"",
		"duplicate key value violates unique constraint \"patient_pkey\"", "names stay"},
	{"23503", "Key (id)=(17) is still referenced from table \"claim\".",
		"Key (id)=(?) is still referenced from table \"claim\".", "a key's value"},
	{"23505", "Key (a, b)=(17, Miller) already exists.", "Key (a, b)=(?) already exists.",
		"a key of two columns"},
	{"23505", "Key (a)=(Miller", "Key (a)=(?)", "a key that is cut off"},
	{"22P02", "invalid input syntax for type integer: \"Miller\"",
		"invalid input syntax for type integer: \"?\"", "a value in double quotes"},
	{"22P02", "invalid input value for enum mood: \"sad\"",
		"invalid input value for enum mood: \"?\"", "a value in double quotes"},
	{"22003", "value \"99999999999\" is out of range for type integer",
		"value \"?\" is out of range for type integer", "a number in quotes"},
	{"22023", "invalid value for parameter \"work_mem\": \"x\"",
		"invalid value for parameter \"work_mem\": \"?\"", "name and value"},
	{"22021", "invalid byte sequence for encoding \"UTF8\": 0xff 0xfe",
		"invalid byte sequence for encoding \"UTF8\": ? ?", "a value's bytes"},
	{"22001", "value too long for type character varying(3)",
		"value too long for type character varying(3)", "a type's length stays"},
	{"42601", "syntax error at or near \"CONCURENTLY\"",
		"syntax error at or near \"CONCURENTLY\"", "a word of the statement"},
	{"42601", "syntax error at or near \"'Miller'\"", "syntax error at or near \"?\"",
		"a literal of the statement"},
	{"42601", "unterminated quoted string at or near \"'Miller, 12 Main St\"",
		"unterminated quoted string at or near \"?\"", "the rest of a literal"},
	{"42601", "unterminated quoted identifier at or near \"\"Miller \"x",
		"unterminated quoted identifier at or near \"?\"", "quotes inside quotes"},
	{"42601", "syntax error at or near \"4711\"", "syntax error at or near \"?\"", "a number"},
	{"42601", "syntax error at end of input", "syntax error at end of input", "no token"},
	{"42704", "type \"x", "type \"?\"", "a quotation that does not end"},
	{"XX000", "could not find 'Miller' here", "could not find '?' here", "single quotes"},
	{"0A000", "can't do that", "can't do that", "an apostrophe"},
	{"22P02", "ung\u00fcltige Eingabe f\u00fcr Typ integer: \u00bbMiller\u00ab",
		"ung\u00fcltige Eingabe f\u00fcr Typ integer: \u00bb?\u00ab",
		"German quotation marks"},
	{"42P01", "la relation \u00ab t \u00bb n'existe pas",
		"la relation \u00ab t \u00bb n'existe pas", "French quotation marks"},
	{"22P02", "syntaxe en entr\u00e9e invalide pour le type integer : \u00ab Miller \u00bb",
		"syntaxe en entr\u00e9e invalide pour le type integer : \u00ab?\u00bb",
		"French quotation marks around data"},
	{"57014", "one\ntwo\tthree", "one two three", "on one line"},
	{"P0001", "patient Miller is unknown", "raised by a function of the database (text masked)",
		"RAISE"},
	{"38000", "Exception: Miller", "raised by a function of the database (text masked)",
		"a function in another language"},
};

START_TEST(texts_hold_names_but_no_data)
{
	char text[256];

	pg_error_mask(mask_cases[_i].state, mask_cases[_i].message, false, text, sizeof(text));
	ck_assert_msg(!strcmp(text, mask_cases[_i].masked), "%s: \"%s\" became \"%s\"",
		mask_cases[_i].comment, mask_cases[_i].message, text);
}
END_TEST

START_TEST(raised_texts_are_dropped_whatever_their_state)
{
	char text[256];

	pg_error_mask("23505", "patient Miller exists", true, text, sizeof(text));
	ck_assert_ptr_null(strstr(text, "Miller"));
}
END_TEST

START_TEST(long_texts_are_cut_between_characters)
{
	char text[8];

	pg_error_mask("42P01", "abcde\u00e9\u00e9", false, text, sizeof(text));
	ck_assert_str_eq(text, "abcde\u00e9");
	pg_error_mask("42P01", "abcdef\u00e9", false, text, sizeof(text));
	ck_assert_str_eq(text, "abcdef");
	pg_error_mask("42P01", "abcdefgh", false, text, sizeof(text));
	ck_assert_str_eq(text, "abcdefg");
	pg_error_mask("42P01", "x", false, text, 1);
	ck_assert_str_eq(text, "");
}
END_TEST

static const struct {
	const char *message;
	enum db_class class;
	const char *code, *text, *comment;
} connect_cases[] = {
	{"connection to server on socket \"/s/.s.PGSQL.5432\" failed: FATAL:  28P01: password "
	 "authentication failed for user \"bob\"\nLOCATION:  auth_failed, auth.c:338\n",
		DB_CLASS_SETUP, "28P01",
		"connection to server on socket \"/s/.s.PGSQL.5432\" failed: password "
		"authentication "
		"failed for user \"bob\"",
		"the server's word"},
	{"connection to server at \"h\" (10.0.0.1), port 5432 failed: FATAL:  53300: sorry, too "
	 "many "
	 "clients already\nLOCATION:  InitProcess, proc.c:354\n",
		DB_CLASS_RESOURCE, "53300",
		"connection to server at \"h\" (10.0.0.1), port 5432 failed: sorry, too many "
		"clients "
		"already",
		"too many connections"},
	{"connection to server at \"h\" (10.0.0.1), port 5432 failed: Connection refused\n\tIs the "
	 "server running on that host and accepting TCP/IP connections?\n",
		DB_CLASS_CONNECTION, "lost",
		"connection to server at \"h\" (10.0.0.1), port 5432 failed: Connection refused",
		"nobody there; the hint is left out"},
	{"connection to server at \"a\", port 1 failed: Connection refused\n\tIs it running?\n"
	 "connection to server at \"b\", port 2 failed: FATAL:  57P03: the database system is "
	 "starting up\n",
		DB_CLASS_CONNECTION, "57P03",
		"connection to server at \"a\", port 1 failed: Connection refused; connection to "
		"server "
		"at \"b\", port 2 failed: the database system is starting up",
		"two hosts"},
	{"connection to server at \"a\", port 1 failed: fe_sendauth: no password supplied\n",
		DB_CLASS_SETUP, "lost",
		"connection to server at \"a\", port 1 failed: fe_sendauth: no password supplied",
		"the client's own word"},
	{"invalid port number: \"x\"\n", DB_CLASS_SETUP, "lost", "invalid port number: \"x\"",
		"a wrong option"},
	{"could not translate host name \"nowhere\" to address: Name or service not known\n",
		DB_CLASS_CONNECTION, "lost",
		"could not translate host name \"nowhere\" to address: Name or service not known",
		"no such host"},
};

START_TEST(failed_connects_have_class_code_and_text)
{
	struct db_error e = {0};

	pg_error_from_connect(connect_cases[_i].message, &e);
	ck_assert_msg(e.class == connect_cases[_i].class, "%s: %s", connect_cases[_i].comment,
		db_class_name(e.class));
	ck_assert_str_eq(e.code, connect_cases[_i].code);
	ck_assert_str_eq(e.text, connect_cases[_i].text);
}
END_TEST

static const struct {
	const char *dsn, *redacted;
	bool has_password;
	const char *comment;
} dsn_cases[] = {
	{"host=a dbname=b user=c", "user=c dbname=b host=a", false, "without a password"},
	{"host=a password=secret user=c", "user=c host=a", true, "with one"},
	{"host=a sslpassword=secret", "host=a", true, "the key's password"},
	{"host=a password=''", "host=a", false, "an empty one is none"},
	{"postgresql://c:secret@a:5433,b:5434/d?sslmode=require",
		"user=c dbname=d host=a,b port=5433,5434 sslmode=require", true,
		"URI with two hosts"},
	{"host='a b' application_name='it''s \\'x\\\\'", NULL, false, "cannot be read"},
	{"host='/a b' application_name='x\\'y\\\\'", "host='/a b' application_name='x\\'y\\\\'",
		false, "quoted values stay quoted"},
	{"", "", false, "empty: all from the environment"},
	{"host=a password=my secret", NULL, false, "cannot be read"},
};

START_TEST(dsn_is_shown_without_passwords)
{
	char *text = NULL, *again = NULL;
	struct err err = {0};
	int result = postgres_db.redact(dsn_cases[_i].dsn, &text, &err);

	ck_assert_msg(postgres_db.has_password(dsn_cases[_i].dsn) == dsn_cases[_i].has_password,
		"%s", dsn_cases[_i].comment);
	if (!dsn_cases[_i].redacted) {
		ck_assert_int_eq(result, -1);
		ck_assert_int_eq(err.kind, ERR_USAGE);
		ck_assert_ptr_null(strstr(err.text, "secret"));
		return;
	}
	ck_ok(result, err);
	ck_assert_ptr_null(strstr(text, "secret"));
	/* What is shown is a DSN again, in libpq's own order of options. */
	ck_ok(postgres_db.redact(text, &again, &err), err);
	ck_assert_str_eq(again, text);
	ck_assert_uint_eq(strlen(text), strlen(dsn_cases[_i].redacted));
	free(text);
	free(again);
}
END_TEST

START_TEST(misspelt_options_are_named_and_nothing_else_is)
{
	char *text = NULL;
	struct err err = {0};

	ck_assert_int_eq(postgres_db.redact("hots=a password=secret", &text, &err), -1);
	ck_assert_str_eq(err.text, "cannot read the connection string: unknown option 'hots'");
	ck_assert_int_eq(postgres_db.redact("postgresql://u:secret@[::1/db", &text, &err), -1);
	ck_assert_ptr_null(strstr(err.text, "secret"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("postgres_errors");
	TCase *tc = tcase_create("errors");

	tcase_add_loop_test(tc, states_have_their_class, 0, N(class_cases));
	tcase_add_test(tc, only_a_refused_lock_is_a_lock_timeout);
	tcase_add_loop_test(tc, texts_hold_names_but_no_data, 0, N(mask_cases));
	tcase_add_test(tc, raised_texts_are_dropped_whatever_their_state);
	tcase_add_test(tc, long_texts_are_cut_between_characters);
	tcase_add_loop_test(tc, failed_connects_have_class_code_and_text, 0, N(connect_cases));
	tcase_add_loop_test(tc, dsn_is_shown_without_passwords, 0, N(dsn_cases));
	tcase_add_test(tc, misspelt_options_are_named_and_nothing_else_is);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
