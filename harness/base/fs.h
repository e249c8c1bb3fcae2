/* Files and directories. Every error names the path and the reason. */
#ifndef REHEARSE_BASE_FS_H
#define REHEARSE_BASE_FS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "harness/base/err.h"

/* Whole file, NUL-terminated; caller frees. Refuses more than max bytes (0: 64 MB). */
int fs_read(const char *path, size_t max, char **ret_text, size_t *ret_len, struct err *err);
/* Written beside the target, synced and renamed over it, mode 0600 or 0644. */
int fs_write(const char *path, const char *text, size_t len, mode_t mode, struct err *err);
int fs_mkdirs(const char *path, mode_t mode, struct err *err); /* with its parents */
int fs_remove_tree(const char *path, struct err *err); /* no error when absent; follows no link */
bool fs_is_dir(const char *path);
bool fs_is_file(const char *path);
char *fs_join(const char *dir, const char *name); /* `name` alone when absolute; caller frees */
char *fs_dirname(const char *path);		  /* caller frees */
/* Copies a tree to a place where nothing is, with owners and modes, as reflinks where the file
 * system can; an interrupt cuts it short. On an error a part of it is left. */
int fs_copy_tree(const char *from, const char *to, struct err *err);
/* The same, and what is not shared with the original is on disk, but for small files: nothing of
 * it is written later, while something is measured. */
int fs_copy_tree_settled(const char *from, const char *to, struct err *err);
/* Files in the directory can share their blocks until one is written to. */
bool fs_has_reflinks(const char *dir);
int fs_chown_tree(const char *path, uid_t uid, gid_t gid, struct err *err);
int fs_free_bytes(const char *path, uint64_t *ret, struct err *err); /* free for us at path */
uint64_t fs_tree_bytes(const char *path);			     /* allocated; 0 when absent */

/* $XDG_CACHE_HOME/rehearse and $XDG_STATE_HOME/rehearse with their defaults; caller frees. */
char *fs_cache_dir(void);
char *fs_state_dir(void);
/* A new directory "rehearse-XXXXXX" in $TMPDIR or /tmp, mode 0700; caller frees. */
int fs_temp_dir(char **ret_path, struct err *err);

/* SHA-256 as 64 lower-case hexadecimal digits. */
#define FS_SHA256_TEXT 65
void fs_sha256(const void *bytes, size_t len, char ret[static FS_SHA256_TEXT]);

#endif
