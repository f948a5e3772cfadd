/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SWISORD_CSPAWN_H
#define SWISORD_CSPAWN_H

/*
 * What must be C, and nothing else.
 *
 * Between clone and exec the child runs in the daemon's memory, beside threads that hold locks and
 * change what they own. It may write to its own stack and call the kernel, nothing else. Swift
 * promises that for none of its statements (any of them may allocate, retain or take a lock), so
 * the child's way to exec is swisord_spawn() below.
 *
 * The rest are calls that Swift cannot make: variadic ones (prctl), those the overlay refuses
 * (fork), and those a header shows only with _GNU_SOURCE, which Swift's view of Glibc does not
 * define (pipe2, setresuid, pthread_setname_np).
 */

#include <grp.h>
#include <pthread.h>
#include <pwd.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/types.h>

#include "guardian.h"
#include "pidfd.h"

/* The step that failed, in the order in which they are taken. */
enum swisord_step {
    SWISORD_STEP_PIPE = 1,
    SWISORD_STEP_FORK,
    SWISORD_STEP_SESSION,
    SWISORD_STEP_SIGNALS,
    SWISORD_STEP_DESCRIPTORS,
    SWISORD_STEP_LIMITS,
    SWISORD_STEP_GROUPS,
    SWISORD_STEP_GROUP,
    SWISORD_STEP_USER,
    /* The ids are not those asked for, or root could be regained. */
    SWISORD_STEP_VERIFY,
    SWISORD_STEP_DIRECTORY,
    SWISORD_STEP_EXEC,
};

/* What the child is to become. All memory stays the caller's and is only read, also by the child
   until it has executed. */
struct swisord_spawn_request {
    /* Paths to try in order, ended by NULL; searched like execvp, but never given to a shell. */
    char *const *candidates;
    char *const *arguments;
    char *const *environment;
    /* Where to run, or NULL to stay. Entered as the new user, so that its rights decide. */
    const char *directory;
    /* Descriptors that become 0, 1 and 2; any of them may itself be one of these. */
    int input, output, error;
    /* Whether `input` is a socket that listens, which becomes 3 as well. */
    int passes_socket;
    /* The soft RLIMIT_NOFILE to go back to, or 0 to leave it. */
    uint64_t open_files;
    /* Whether to take on the ids below. */
    int changes_user;
    uid_t uid;
    gid_t gid;
    const gid_t *groups;
    size_t group_count;
    /* The umask, or -1 to leave it. */
    int mask;
    /* Whether the child is to be a sibling of the caller, a child of the caller's parent. */
    int is_sibling;
    /* Whether the child waits for swisord_let_go() before it changes its user and executes. */
    int is_gated;
    /* A directory of cgroup v2 in which to be born, or -1 for the caller's. */
    int cgroup;
};

/* The exit status of a child whose maker died before it could execute: its gate was closed before it
   was let go, or nobody reads its report. */
#define SWISORD_NEVER_EXECUTED 250

/* One record in the report pipe. */
struct swisord_spawn_report {
    int32_t step;
    /* errno, or 0: the child is about to exec. Such a record precedes every exec. */
    int32_t error_number;
    /* For SWISORD_STEP_EXEC: which candidate it was. */
    int32_t candidate;
    /* For ENOENT of exec: the file does exist, so it is its interpreter that does not. */
    int32_t file_exists;
};

/* What came of swisord_spawn(): a pid and a pipe, or a step and errno with a pid of -1. */
struct swisord_spawn_result {
    pid_t pid;
    /* Read end of the report pipe, non-blocking, close-on-exec. At end of file the child has
       executed or died: executed if the last record says that it was about to. */
    int report;
    /* For a gated child what swisord_let_go() takes; closed without, the child ends. Else -1. */
    int gate;
    int32_t step;
    int32_t error_number;
    /* Why the child was not born in the cgroup asked for, but in the caller's: errno, or 0. */
    int32_t cgroup_error;
};

/* The stack of a child on its way to exec, and its request: until then it runs in the memory of
   its parent. */
struct swisord_attempt;

/* Memory for one child at a time, or NULL. */
struct swisord_attempt *swisord_attempt_make(void);
/* Whether no child is in it: there was none yet, or it has executed or died. */
int swisord_attempt_is_over(const struct swisord_attempt *attempt);
/* Frees the memory; waits for a child that is still in it. */
void swisord_attempt_free(struct swisord_attempt *attempt);

/* Starts a process and returns at once, without waiting for its exec. What the request points to
   must stay as it is until the attempt is over. */
struct swisord_spawn_result swisord_spawn(const struct swisord_spawn_request *request,
                                          struct swisord_attempt *attempt);

/* The arguments of this process, ended by NULL: Swift reads its own from /proc. */
char *const *swisord_arguments(void);
/* The path this process was executed by (AT_EXECFN), or NULL. */
const char *swisord_executable_path(void);
/* Lets a gated child go on; 0, or -1 with errno when it has died. Does not close the gate. */
int swisord_let_go(int gate);
/* Why no child can be born in a cgroup on this system: errno, or 0 while none was refused. */
int swisord_cgroups_refused(void);

/* fork(), for use before the first thread is started. */
pid_t swisord_fork(void);
/* pipe2(ends, O_CLOEXEC). */
int swisord_pipe(int ends[2]);
/* setgroups(), setresgid() and setresuid() for the whole process, then a check that it is so;
   answers 0, or the step that failed with errno set. */
int swisord_become(uid_t uid, gid_t gid, const gid_t *groups, size_t group_count);
/* prctl(PR_SET_CHILD_SUBREAPER, 1). */
int swisord_become_subreaper(void);
/* 1 or 0, or -1 where that cannot be asked. */
int swisord_is_subreaper(void);
/* Makes threads possible where a filter refuses clone3 with EPERM; before the first thread.
   Answers 0 where nothing was to be done, 1 when a filter was added, 2 when no_new_privs was set
   for it as well, which programs inherit; -1 with errno when it cannot be mended. */
int swisord_permit_threads(void);
/* Names a thread in ps and top; more than 15 bytes are cut. */
void swisord_name_thread(pthread_t thread, const char *name);
/* gettid(), which Swift does not see. */
int swisord_thread_number(void);
/* An empty file that can be read to its end at once and never written: /dev/null without /dev. */
int swisord_empty_file(void);
/* flock(descriptor, LOCK_EX | LOCK_NB). A header that brings struct stat along, as <sys/file.h>
   does, would make it uncertain to Swift where that comes from. */
int swisord_lock(int descriptor);
/* flock(descriptor, LOCK_EX), which waits. */
int swisord_lock_waiting(int descriptor);
/* memfd_create(name, MFD_CLOEXEC). */
int swisord_memory_file(const char *name);

/* Gives back what is free in the heap (malloc_trim), and the pages of this program's own file
   (madvise): those that are needed again come back from the page cache. */
void swisord_give_back_memory(void);
/* close_range(first, ~0U, 0): closes every descriptor from `first` on. */
int swisord_close_from(int first);

/* Moves bytes from a pipe to a file without copying; never waits for the pipe. */
ssize_t swisord_splice(int from, int to, size_t count);
/* Copies what is in a pipe to another one and leaves it there; never waits. */
ssize_t swisord_tee(int from, int to, size_t count);
/* A word of memory that another process reads: it sees what was stored before this as well. */
void swisord_store_word(uint64_t *word, uint64_t value);
/* Opens a directory (O_PATH) where no component of the path is a symbolic link: openat2. */
int swisord_open_directory(const char *path);
/* What tells an open file from those that had its inode number before and are gone: a hash of its
   handle, which holds a generation, or else its time of birth; 0 where the kernel tells neither. */
uint64_t swisord_file_generation(int file);
/* A timer (timerfd) that is readable once its time has come; and the time, in nanoseconds from now. */
int swisord_alarm_make(void);
void swisord_alarm_set(int alarm, int64_t delay);
/* Lets the calling thread, and no other, use files as this user (setfsuid, setfsgid). */
int swisord_act_as(uid_t uid, gid_t gid);

#endif
