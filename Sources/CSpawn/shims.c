/* SPDX-License-Identifier: Apache-2.0 */

/* The calls that Swift cannot make itself; CSpawn.h says why. None of them runs in a child. */

#define _GNU_SOURCE
#include "CSpawn.h"

#include <sys/syscall.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <malloc.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

static char **arguments;

/* glibc calls those of the executable with what main gets. */
__attribute__((constructor)) static void keep_arguments(int count, char **argv) {
    (void)count;
    arguments = argv;
}

char *const *swisord_arguments(void) {
    return arguments;
}

const char *swisord_executable_path(void) {
    return (const char *)getauxval(AT_EXECFN);
}

pid_t swisord_fork(void) {
    return fork();
}

int swisord_pipe(int ends[2]) {
    return pipe2(ends, O_CLOEXEC);
}

int swisord_become(uid_t uid, gid_t gid, const gid_t *groups, size_t group_count) {
    uid_t user[3];
    gid_t group[3];
    if (setgroups(group_count, groups) != 0) return SWISORD_STEP_GROUPS;
    if (setresgid(gid, gid, gid) != 0) return SWISORD_STEP_GROUP;
    if (setresuid(uid, uid, uid) != 0) return SWISORD_STEP_USER;
    if (getresuid(&user[0], &user[1], &user[2]) != 0) return SWISORD_STEP_VERIFY;
    if (getresgid(&group[0], &group[1], &group[2]) != 0) return SWISORD_STEP_VERIFY;
    for (int index = 0; index < 3; index++) {
        if (user[index] != uid || group[index] != gid) {
            errno = EPERM;
            return SWISORD_STEP_VERIFY;
        }
    }
    if (uid != 0 && setuid(0) == 0) {
        errno = EPERM;
        return SWISORD_STEP_VERIFY;
    }
    return 0;
}

int swisord_become_subreaper(void) {
    return prctl(PR_SET_CHILD_SUBREAPER, 1UL, 0UL, 0UL, 0UL);
}

int swisord_is_subreaper(void) {
    int is_one = 0;
    return prctl(PR_GET_CHILD_SUBREAPER, &is_one, 0UL, 0UL, 0UL) == 0 ? is_one : -1;
}

void swisord_name_thread(pthread_t thread, const char *name) {
    char cut[16] = {0};
    strncpy(cut, name, sizeof cut - 1);
    /* A thread without its name is only harder to find. */
    (void)pthread_setname_np(thread, cut);
}

int swisord_thread_number(void) { return gettid(); }

int swisord_empty_file(void) {
    int descriptor = memfd_create("swisord-null", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (descriptor < 0) return -1;
    if (fcntl(descriptor, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) != 0) {
        close(descriptor);
        return -1;
    }
    return descriptor;
}

int swisord_lock(int descriptor) {
    return flock(descriptor, LOCK_EX | LOCK_NB);
}

int swisord_lock_waiting(int descriptor) {
    return flock(descriptor, LOCK_EX);
}

int swisord_memory_file(const char *name) {
    return memfd_create(name, MFD_CLOEXEC);
}

int swisord_close_from(int first) {
    return (int)syscall(SYS_close_range, (unsigned)first, ~0U, 0U);
}

/* The first object is the program itself; its read-only segments are what its file holds. */
static int drop_program_pages(struct dl_phdr_info *object, size_t size, void *unused) {
    (void)size, (void)unused;
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    for (int index = 0; index < object->dlpi_phnum; index++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[index];
        if (segment->p_type != PT_LOAD || segment->p_flags & PF_W) continue;
        uintptr_t begin = (object->dlpi_addr + segment->p_vaddr + page - 1) & ~(page - 1);
        uintptr_t end = (object->dlpi_addr + segment->p_vaddr + segment->p_memsz) & ~(page - 1);
        if (begin < end) madvise((void *)begin, end - begin, MADV_DONTNEED);
    }
    return 1;
}

void swisord_give_back_memory(void) {
    malloc_trim(0);
    dl_iterate_phdr(drop_program_pages, NULL);
}
