/* Functions in expressions: does one value serve all rows? */
#include <string.h>

#include "adapters/postgres/dialect_tree.h"
#include "adapters/postgres/rules.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"

/*
 * The server's own functions that a default or a generated column may call, and those of the
 * extensions that come with it. What stands in none of the lists counts as volatile.
 */
static const char immutable[] =
	" "
	"abs acos acosd acosh area array_append array_cat array_dims array_fill array_length "
	"array_lower array_ndims array_position array_positions array_prepend array_remove "
	"array_replace array_reverse array_sort array_to_tsvector array_upper ascii asin "
	"asind asinh atan atan2 atan2d atand atanh bit bit_count bit_length bool box bpchar "
	"broadcast btrim cardinality casefold cbrt ceil ceiling center char char_length "
	"character_length chr cidr circle coalesce cos cosd cosh cot cotd crc32 crc32c "
	"date_add date_bin datemultirange daterange decode degrees diagonal diameter digest "
	"div encode erf erfc exp factorial family float4 float8 floor gamma gcd "
	"generate_subscripts get_bit get_byte greatest height hmac host hostmask hstore "
	"initcap int2 int4 int4multirange int4range int8 int8multirange int8range interval "
	"is_normalized isclosed isempty isfinite ishorizontal isopen isparallel isperp "
	"isvertical json_array_elements json_array_elements_text json_array_length json_each "
	"json_each_text json_extract_path json_extract_path_text json_object json_object_keys "
	"json_strip_nulls json_typeof jsonb_array_elements jsonb_array_elements_text "
	"jsonb_array_length jsonb_each jsonb_each_text jsonb_extract_path "
	"jsonb_extract_path_text jsonb_insert jsonb_object jsonb_object_keys "
	"jsonb_path_exists jsonb_path_match jsonb_path_query jsonb_path_query_array "
	"jsonb_path_query_first jsonb_pretty jsonb_set jsonb_set_lax jsonb_strip_nulls "
	"jsonb_typeof justify_days justify_hours justify_interval lcm least left like line ln "
	"log log10 lower lower_inc lower_inf lpad lseg ltrim macaddr macaddr8 "
	"macaddr8_set7bit make_date make_interval make_time make_timestamp makeaclitem "
	"masklen md5 min_scale mod multirange name netmask network normalize npoints nullif "
	"num_nonnulls num_nulls numeric nummultirange numnode numrange octet_length oid "
	"overlay parse_ident path pclose pi point polygon popen position pow power querytree "
	"quote_ident radians radius range_merge regexp_count regexp_instr regexp_like "
	"regexp_match regexp_matches regexp_replace regexp_split_to_array "
	"regexp_split_to_table regexp_substr repeat replace reverse right round rpad rtrim "
	"scale set_bit set_byte set_masklen setweight sha224 sha256 sha384 sha512 sign "
	"similar_escape sin sind sinh slope split_part sqrt starts_with string_to_array "
	"string_to_table strip strpos substr substring tan tand tanh text timestamp to_ascii "
	"to_bin to_hex to_oct translate trim_array trim_scale trunc ts_delete ts_filter "
	"tsmultirange tsrange tstzmultirange tstzrange tsvector_to_array txid_snapshot_xip "
	"txid_snapshot_xmax txid_snapshot_xmin txid_visible_in_snapshot unistr unnest upper "
	"upper_inf uuid_extract_timestamp uuid_extract_version uuid_generate_v3 "
	"uuid_generate_v5 uuid_nil uuid_ns_dns uuid_ns_oid uuid_ns_url uuid_ns_x500 varbit "
	"varchar width width_bucket xid xpath xpath_exists ";
/* Aggregates and window functions. */
static const char aggregates[] =
	" "
	"array_agg avg bit_and bit_or bit_xor bool_and bool_or corr count covar_pop "
	"covar_samp cume_dist dense_rank every first_value json_agg json_object_agg jsonb_agg "
	"jsonb_object_agg lag last_value lead max min mode nth_value ntile percent_rank "
	"percentile_cont percentile_disc range_agg range_intersect_agg rank regr_avgx "
	"regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy "
	"row_number stddev stddev_pop stddev_samp string_agg sum var_pop var_samp variance "
	"xmlagg ";
static const char stable[] =
	" "
	"aclexplode age array_agg array_to_json array_to_string col_description concat "
	"concat_ws convert convert_from convert_to current_database current_schema "
	"current_schemas current_setting current_user date date_part date_subtract date_trunc "
	"enum_first enum_last enum_range extract format format_type generate_series "
	"get_current_ts_config getdatabaseencoding getpgusername has_table_privilege "
	"inet_client_addr inet_client_port inet_server_addr inet_server_port json_agg "
	"json_build_array json_build_object json_populate_record json_populate_recordset "
	"json_to_record json_to_recordset json_to_tsvector jsonb_agg jsonb_build_array "
	"jsonb_build_object jsonb_path_exists_tz jsonb_path_match_tz "
	"jsonb_path_query_array_tz jsonb_path_query_first_tz jsonb_path_query_tz "
	"jsonb_populate_record jsonb_populate_recordset jsonb_to_record jsonb_to_recordset "
	"jsonb_to_tsvector length make_timestamptz money mxid_age now obj_description "
	"overlaps pg_backend_pid pg_client_encoding pg_current_xact_id pg_encoding_to_char "
	"pg_get_serial_sequence pg_get_userbyid pg_is_in_recovery pg_postmaster_start_time "
	"pg_trigger_depth pg_typeof phraseto_tsquery plainto_tsquery quote_literal "
	"quote_nullable regclass row_security_active row_to_json session_user "
	"shobj_description statement_timestamp time timestamptz timetz timezone to_char "
	"to_date to_json to_jsonb to_number to_regclass to_regcollation to_regnamespace "
	"to_regoper to_regoperator to_regproc to_regprocedure to_regrole to_regtype "
	"to_timestamp to_tsquery to_tsvector transaction_timestamp ts_headline txid_current "
	"txid_current_if_assigned txid_current_snapshot unaccent version websearch_to_tsquery ";
static const char vola[] =
	" "
	"array_sample array_shuffle clock_timestamp currval dblink dblink_exec "
	"gen_random_bytes gen_random_uuid gen_salt gen_ulid lastval lo_create lo_from_bytea "
	"lo_import nextval pg_advisory_lock pg_advisory_xact_lock pg_current_wal_lsn "
	"pg_notify pg_sleep pgp_pub_encrypt pgp_sym_encrypt random random_normal set_config "
	"setseed setval timeofday txid_status uuid_generate_v1 uuid_generate_v1mc "
	"uuid_generate_v4 uuid_generate_v7 uuidv4 uuidv7 ";

static bool listed(const char *list, const char *name)
{
	CLEANUP(cleanup_free) char *word = mem_printf(" %s ", name);

	return strstr(list, word);
}

struct search {
	const struct analysis_state *state;
	enum pg_volatility worst;
	const char *name;
};

static enum pg_volatility of_function(const struct analysis_state *state, const json_t *names)
{
	const char *name = pg_last_name(names);
	const char *schema = json_array_size(names) > 1 ? pg_string(json_array_get(names, 0)) : "";
	const struct pg_named *own = pg_named_find(&state->functions, name);
	bool builtin = !*schema || !strcmp(schema, "pg_catalog");

	if (own && strcmp(schema, "pg_catalog") != 0)
		return own->what == 'i' ? PG_IMMUTABLE : own->what == 's' ? PG_STABLE : PG_VOLATILE;
	if (listed(vola, name))
		return PG_VOLATILE;
	if (builtin && (listed(immutable, name) || listed(aggregates, name)))
		return PG_IMMUTABLE;
	if (builtin && listed(stable, name))
		return PG_STABLE;
	return PG_VOLATILE_UNKNOWN;
}

static bool found_function(const json_t *node, void *arg)
{
	struct search *search = arg;
	const json_t *names = json_object_get(node, "funcname");
	enum pg_volatility v = of_function(search->state, names);

	if (v > search->worst) {
		search->worst = v;
		search->name = pg_last_name(names);
	}
	return false;
}

enum pg_volatility pg_volatility(
	const struct analysis_state *state, const json_t *expression, const char **ret_name)
{
	struct search search = {.state = state, .name = ""};

	/* CURRENT_TIMESTAMP and the like are nodes of their own, all of them stable. */
	pg_walk(expression, "FuncCall", found_function, &search);
	*ret_name = search.name;
	return search.worst;
}

bool pg_is_null_constant(const json_t *expression)
{
	const json_t *cast = json_object_get(expression, "TypeCast");

	if (cast)
		return pg_is_null_constant(json_object_get(cast, "arg"));
	return pg_true(json_object_get(expression, "A_Const"), "isnull");
}
