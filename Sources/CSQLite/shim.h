// SQLite's variadic functions and casting macros, which Swift cannot import.
#ifndef DCB_CSQLITE_SHIM_H
#define DCB_CSQLITE_SHIM_H

#include <sqlite3.h>

static inline int dcb_sqlite3_db_config_flag(sqlite3 *db, int option, int on) {
    return sqlite3_db_config(db, option, on, (int *)0);
}

// SQLITE_TRANSIENT: SQLite copies the bytes before the call returns.
static inline int dcb_sqlite3_bind_text(sqlite3_stmt *s, int index, const char *bytes, sqlite3_uint64 count) {
    return sqlite3_bind_text64(s, index, bytes, count, SQLITE_TRANSIENT, SQLITE_UTF8);
}

static inline int dcb_sqlite3_file_control_int(sqlite3 *db, int option, int value) {
    return sqlite3_file_control(db, "main", option, &value);
}

// The errno of the last failed call on the write-ahead log, else on the database file; 0: none.
// sqlite3_system_errno does not know it after a failed COMMIT.
static inline int dcb_sqlite3_file_errno(sqlite3 *db) {
    sqlite3_file *log = 0;
    int e = 0;
    if (sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log) == SQLITE_OK && log && log->pMethods)
        log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &e);
    if (e == 0) sqlite3_file_control(db, "main", SQLITE_FCNTL_LAST_ERRNO, &e);
    return e;
}

#endif
