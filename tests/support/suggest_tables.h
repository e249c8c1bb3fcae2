/* The tables that suggestions for MariaDB and MySQL are tried on. */
#ifndef REHEARSE_TESTS_SUGGEST_TABLES_H
#define REHEARSE_TESTS_SUGGEST_TABLES_H

static const char suggest_tables[] =
	"CREATE TABLE clinic (id int PRIMARY KEY, name varchar(40) NOT NULL) ENGINE=InnoDB;\n"
	"CREATE TABLE visit (id int NOT NULL AUTO_INCREMENT, clinic_id int, note varchar(60) NOT "
	"NULL,\n"
	"    fee int, code varchar(10) NOT NULL, Seen datetime, changed timestamp NOT NULL DEFAULT"
	" '2020-01-01 00:00:00' ON UPDATE CURRENT_TIMESTAMP, PRIMARY KEY (id), KEY by_note (note),"
	" KEY by_fee (fee)) ENGINE=InnoDB DEFAULT CHARSET=latin1;\n"
	"CREATE TABLE pair (a int, b varchar(20), n int NOT NULL, g int AS (n + 1) VIRTUAL,"
	" PRIMARY KEY (b, a)) ENGINE=InnoDB DEFAULT CHARSET=latin1;\n"
	"CREATE TABLE isam (id int NOT NULL PRIMARY KEY, n int, s varchar(20)) ENGINE=MyISAM;\n"
	"CREATE TABLE words (id int PRIMARY KEY, body text, FULLTEXT KEY (body)) ENGINE=InnoDB;\n"
	"CREATE TABLE keyless (n int) ENGINE=InnoDB;\n"
	"CREATE TABLE parent (id int PRIMARY KEY, n int) ENGINE=InnoDB;\n"
	"CREATE TABLE child (id int PRIMARY KEY, n int, FOREIGN KEY (n) REFERENCES parent (id))"
	" ENGINE=InnoDB;\n";

#endif
