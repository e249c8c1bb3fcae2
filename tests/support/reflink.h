/* A file system with reflinks for one suite: XFS on a loop device. */
#ifndef REHEARSE_TESTS_REFLINK_H
#define REHEARSE_TESTS_REFLINK_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Mounts one in a mount namespace of this process's own, so that it goes away with it and its
 * children, and makes it TMPDIR. False, and one line that says why, where that cannot be: no root,
 * no loop devices, no mkfs.xfs. In an unchecked fixture.
 */
bool test_reflink_mount(uint64_t bytes); /* of a sparse file */
void test_reflink_unmount(void);

#endif
