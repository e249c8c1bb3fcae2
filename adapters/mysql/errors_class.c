/* What the numbers of errors mean. */
#include "adapters/mysql/errors.h"

#include <stdlib.h>
#include <string.h>

/* Sorted. Below 1900 both flavours mean the same; above, each has numbers of its own. */
/* names, types, values, constraints, syntax */
static const unsigned breakage[] = {1007, 1008, 1022, 1048, 1050, 1051, 1052, 1054, 1055, 1058,
	1059, 1060, 1061, 1062, 1063, 1064, 1066, 1067, 1068, 1069, 1070, 1071, 1072, 1073, 1074,
	1075, 1082, 1089, 1090, 1091, 1093, 1101, 1109, 1110, 1117, 1118, 1136, 1138, 1140, 1146,
	1149, 1166, 1167, 1169, 1170, 1171, 1172, 1176, 1210, 1214, 1215, 1216, 1217, 1221, 1222,
	1235, 1239, 1241, 1242, 1243, 1247, 1248, 1253, 1264, 1265, 1267, 1270, 1271, 1273, 1288,
	1292, 1300, 1304, 1305, 1318, 1327, 1347, 1348, 1353, 1356, 1359, 1360, 1363, 1364, 1366,
	1367, 1369, 1394, 1406, 1411, 1413, 1416, 1423, 1425, 1426, 1427, 1439, 1441, 1442, 1451,
	1452, 1462, 1463, 1467, 1470, 1471, 1503, 1505, 1506, 1507, 1517, 1525, 1526, 1537, 1539,
	1553, 1557, 1569, 1582, 1583, 1584, 1586, 1591, 1628, 1629, 1630, 1690, 1701, 1709, 1734,
	1735, 1736, 1737, 1748, 1761, 1762, 1800, 1801, 1808, 1821, 1822, 1824, 1825, 1826, 1828,
	1829, 1830, 1832, 1833, 1834, 1845, 1846, 2057};
static const unsigned breakage_mariadb[] = {
	1901, 1903, 1904, 1905, 1906, 1918, 4025, 4031, 4091, 4092, 4161};
static const unsigned breakage_mysql[] = {3105, 3106, 3108, 3140, 3143, 3730, 3780, 3813, 3819,
	3820, 3821, 3822, 3837, 3940, 3959, 4092};

/* locks, time-outs, snapshots */
static const unsigned contention[] = {1020, 1205, 1213, 1317, 1412, 1613, 1614, 1615, 1689};
static const unsigned contention_mariadb[] = {1969};
static const unsigned contention_mysql[] = {3024, 3058, 3572};

/* lost, refused, ended by the server */
static const unsigned connection[] = {1042, 1043, 1053, 1080, 1152, 1155, 1156, 1157, 1158, 1159,
	1160, 1161, 1184, 2001, 2002, 2003, 2004, 2005, 2006, 2012, 2013, 2027, 2055, 5013, 5014};
static const unsigned connection_mariadb[] = {1927};
static const unsigned connection_mysql[] = {3169, 4031};

/* rights, options, authentication, modes */
static const unsigned setup[] = {1036, 1044, 1045, 1046, 1047, 1049, 1095, 1099, 1100, 1104, 1115,
	1129, 1130, 1131, 1132, 1133, 1141, 1142, 1143, 1147, 1148, 1153, 1175, 1192, 1193, 1200,
	1223, 1227, 1228, 1229, 1231, 1232, 1238, 1251, 1275, 1286, 1289, 1290, 1298, 1370, 1396,
	1410, 1419, 1449, 1524, 1568, 1665, 1666, 1698, 1785, 1786, 1787, 1792, 1820, 1836, 1862,
	2007, 2019, 2026, 2049, 2054, 2059, 2061, 2068};
static const unsigned setup_mariadb[] = {1950, 4151, 4166};
static const unsigned setup_mysql[] = {3118, 3159, 3948};

/* disk, memory, connections, damaged files */
static const unsigned resource[] = {3, 1021, 1026, 1030, 1034, 1037, 1038, 1040, 1041, 1114, 1119,
	1135, 1194, 1195, 1197, 1203, 1206, 1226, 1301, 1390, 1436, 1461, 1637, 1705, 1712, 1877,
	1878, 2008, 2020};

enum flavour { ANY, MARIADB, MYSQL };

#define CODES(array) array, sizeof(array) / sizeof((array)[0])

static const struct {
	const unsigned *codes;
	size_t n;
	enum flavour flavour;
	enum db_class class;
} classes[] = {
	{CODES(breakage), ANY, DB_CLASS_BREAKAGE},
	{CODES(breakage_mariadb), MARIADB, DB_CLASS_BREAKAGE},
	{CODES(breakage_mysql), MYSQL, DB_CLASS_BREAKAGE},
	{CODES(contention), ANY, DB_CLASS_CONTENTION},
	{CODES(contention_mariadb), MARIADB, DB_CLASS_CONTENTION},
	{CODES(contention_mysql), MYSQL, DB_CLASS_CONTENTION},
	{CODES(connection), ANY, DB_CLASS_CONNECTION},
	{CODES(connection_mariadb), MARIADB, DB_CLASS_CONNECTION},
	{CODES(connection_mysql), MYSQL, DB_CLASS_CONNECTION},
	{CODES(setup), ANY, DB_CLASS_SETUP},
	{CODES(setup_mariadb), MARIADB, DB_CLASS_SETUP},
	{CODES(setup_mysql), MYSQL, DB_CLASS_SETUP},
	{CODES(resource), ANY, DB_CLASS_RESOURCE},
};

/* For numbers that are newer than this list, or that a stored program raises; the first that fits
 * counts. None loses a connection. */
static const struct {
	const char *state;
	enum db_class class;
} states[] = {
	{"70100", DB_CLASS_CONTENTION},			      /* interrupted */
	{"21", DB_CLASS_BREAKAGE},			      /* numbers of columns */
	{"22", DB_CLASS_BREAKAGE},			      /* values */
	{"23", DB_CLASS_BREAKAGE},			      /* constraints */
	{"25", DB_CLASS_SETUP},				      /* state of the transaction */
	{"28", DB_CLASS_SETUP},				      /* authentication */
	{"40", DB_CLASS_CONTENTION},			      /* rolled back */
	{"42", DB_CLASS_BREAKAGE}, {"44", DB_CLASS_BREAKAGE}, /* names; CHECK OPTION */
};

static int compare(const void *a, const void *b)
{
	unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;

	return x < y ? -1 : x > y;
}

enum db_class my_error_class(unsigned code, const char *sqlstate, bool mariadb)
{
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		if (classes[i].flavour != ANY && (classes[i].flavour == MARIADB) != mariadb)
			continue;
		if (bsearch(&code, classes[i].codes, classes[i].n, sizeof(code), compare))
			return classes[i].class;
	}
	for (size_t i = 0; sqlstate && i < sizeof(states) / sizeof(states[0]); i++)
		if (!strncmp(sqlstate, states[i].state, strlen(states[i].state)))
			return states[i].class;
	return DB_CLASS_OTHER;
}

bool my_error_is_lock_timeout(unsigned code)
{
	return code == 1205 || code == 3572;
}

bool my_error_is_retryable(unsigned code)
{
	static const unsigned codes[] = {1020, 1205, 1213, 1412, 1614, 1615, 3572};

	return bsearch(&code, codes, sizeof(codes) / sizeof(codes[0]), sizeof(code), compare);
}

bool my_error_is_client(unsigned code)
{
	return (code >= 2000 && code < 3000) || (code >= 5000 && code < 5100);
}
