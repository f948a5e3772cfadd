/* SPDX-License-Identifier: Apache-2.0 */

/*
 * hangingdisk DIRECTORY: a file system whose writes can be held back, in a mount namespace of its own.
 *
 * It speaks the protocol of FUSE (linux/fuse.h) and keeps a few files in memory. After SIGUSR1 it
 * answers no write until SIGUSR2; all else it answers at once. A disk that is frozen stops who
 * writes before the kernel has locked anything; this one stops who is in the midst of it.
 */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define FILES 64
#define LARGEST (1 << 22)
#define MOST_HELD 64
#define MOST_WRITTEN (1 << 16)

static struct file {
    char name[256];
    char *data;
    uint64_t size;
    uint32_t mode, uid, gid;
} files[FILES];

static int channel;
static int holds;
static struct {
    uint64_t id;
    uint32_t size;
} held[MOST_HELD];
static int held_count;

static void answer(uint64_t id, int error, const void *body, size_t size) {
    struct fuse_out_header head = {
        .len = (uint32_t)(sizeof head + (error ? 0 : size)), .error = -error, .unique = id};
    struct iovec parts[2] = {{&head, sizeof head}, {(void *)body, error ? 0 : size}};
    if (writev(channel, parts, 2) < 0 && errno != ENOENT) perror("writev");
}

static int number_of(const char *name) {
    for (int i = 2; i < FILES; i++)
        if (strcmp(files[i].name, name) == 0) return i;
    return 0;
}

static struct fuse_attr attributes(uint64_t node) {
    struct fuse_attr a = {.ino = node, .nlink = 1, .blksize = 4096, .mode = S_IFDIR | 0755};
    if (node == 1) return a;
    const struct file *f = &files[node];
    a.nlink = f->name[0] ? 1 : 0;
    a.size = f->size;
    a.blocks = (f->size + 511) / 512;
    a.mode = f->mode;
    a.uid = f->uid;
    a.gid = f->gid;
    return a;
}

static struct fuse_entry_out entry(int node) {
    struct fuse_entry_out e = {
        .nodeid = (uint64_t)node, .generation = 1, .attr = attributes((uint64_t)node)};
    return e;
}

static int make(const char *name, uint32_t mode, const struct fuse_in_header *h) {
    for (int i = 2; i < FILES; i++) {
        if (files[i].data) continue;
        snprintf(files[i].name, sizeof files[i].name, "%s", name);
        files[i].data = calloc(1, LARGEST);
        files[i].mode = S_IFREG | (mode & 0777);
        files[i].uid = h->uid;
        files[i].gid = h->gid;
        return i;
    }
    return 0;
}

static void set(struct fuse_in_header *h, const struct fuse_setattr_in *in) {
    if (h->nodeid > 1) {
        struct file *f = &files[h->nodeid];
        if (in->valid & FATTR_SIZE && in->size < LARGEST) {
            if (in->size < f->size) memset(f->data + in->size, 0, f->size - in->size);
            f->size = in->size;
        }
        if (in->valid & FATTR_MODE) f->mode = S_IFREG | (in->mode & 0777);
        if (in->valid & FATTR_UID) f->uid = in->uid;
        if (in->valid & FATTR_GID) f->gid = in->gid;
    }
    struct fuse_attr_out out = {.attr = attributes(h->nodeid)};
    answer(h->unique, 0, &out, sizeof out);
}

static void put(struct fuse_in_header *h, const struct fuse_write_in *in) {
    struct file *f = &files[h->nodeid];
    if (in->offset + in->size > LARGEST) return answer(h->unique, ENOSPC, NULL, 0);
    memcpy(f->data + in->offset, in + 1, in->size);
    if (in->offset + in->size > f->size) f->size = in->offset + in->size;
    if (holds && held_count < MOST_HELD) {
        held[held_count].id = h->unique;
        held[held_count++].size = in->size;
        return;
    }
    struct fuse_write_out out = {.size = in->size};
    answer(h->unique, 0, &out, sizeof out);
}

static void get(struct fuse_in_header *h, const struct fuse_read_in *in) {
    const struct file *f = &files[h->nodeid];
    uint64_t left = in->offset < f->size ? f->size - in->offset : 0;
    answer(h->unique, 0, f->data + in->offset, left < in->size ? left : in->size);
}

static void list(struct fuse_in_header *h, const struct fuse_read_in *in) {
    char buffer[1 << 14];
    size_t used = 0;
    for (uint64_t i = in->offset < 2 ? 2 : in->offset; i < FILES; i++) {
        size_t length = strlen(files[i].name), size = FUSE_DIRENT_ALIGN(FUSE_NAME_OFFSET + length);
        if (length == 0) continue;
        if (used + size > in->size || used + size > sizeof buffer) break;
        struct fuse_dirent *d = (struct fuse_dirent *)(buffer + used);
        memset(d, 0, size);
        d->ino = i;
        d->off = i + 1;
        d->namelen = (uint32_t)length;
        d->type = S_IFREG >> 12;
        memcpy(d->name, files[i].name, length);
        used += size;
    }
    answer(h->unique, 0, buffer, used);
}

static void move(struct fuse_in_header *h, const char *names) {
    int from = number_of(names), to = number_of(names + strlen(names) + 1);
    if (!from) return answer(h->unique, ENOENT, NULL, 0);
    if (to && to != from) files[to].name[0] = 0;
    snprintf(files[from].name, sizeof files[from].name, "%s", names + strlen(names) + 1);
    answer(h->unique, 0, NULL, 0);
}

static void create(struct fuse_in_header *h, const struct fuse_create_in *in) {
    struct {
        struct fuse_entry_out entry;
        struct fuse_open_out open;
    } out = {0};
    const char *name = (const char *)(in + 1);
    int node = number_of(name);
    if (node && in->flags & O_EXCL) return answer(h->unique, EEXIST, NULL, 0);
    if (!node) node = make(name, in->mode, h);
    if (!node) return answer(h->unique, ENOSPC, NULL, 0);
    out.entry = entry(node);
    answer(h->unique, 0, &out, sizeof out);
}

static void begin(struct fuse_in_header *h, const struct fuse_init_in *in) {
    struct fuse_init_out out = {.major = FUSE_KERNEL_VERSION, .minor = 31,
                                .max_readahead = in->max_readahead, .max_write = MOST_WRITTEN,
                                .max_background = 16, .congestion_threshold = 12, .time_gran = 1};
    answer(h->unique, 0, &out, sizeof out);
}

static void serve(struct fuse_in_header *h) {
    const void *body = h + 1;
    struct fuse_attr_out status = {0};
    struct fuse_entry_out found;
    struct fuse_open_out open = {0};
    struct fuse_statfs_out space = {.st = {.bsize = 4096, .namelen = 255, .blocks = 1 << 20,
                                           .bfree = 1 << 19, .bavail = 1 << 19}};
    int node;
    switch (h->opcode) {
    case FUSE_INIT: return begin(h, body);
    case FUSE_FORGET:
    case FUSE_BATCH_FORGET:
    case FUSE_INTERRUPT: return;
    case FUSE_LOOKUP:
        node = number_of(body);
        if (!node) return answer(h->unique, ENOENT, NULL, 0);
        found = entry(node);
        return answer(h->unique, 0, &found, sizeof found);
    case FUSE_GETATTR:
        status.attr = attributes(h->nodeid);
        return answer(h->unique, 0, &status, sizeof status);
    case FUSE_SETATTR: return set(h, body);
    case FUSE_CREATE: return create(h, body);
    case FUSE_OPEN:
    case FUSE_OPENDIR: return answer(h->unique, 0, &open, sizeof open);
    case FUSE_READ: return get(h, body);
    case FUSE_WRITE: return put(h, body);
    case FUSE_READDIR: return list(h, body);
    case FUSE_RENAME: return move(h, (const char *)body + sizeof(struct fuse_rename_in));
    case FUSE_UNLINK:
        node = number_of(body);
        files[node].name[0] = 0;
        return answer(h->unique, node ? 0 : ENOENT, NULL, 0);
    case FUSE_STATFS: return answer(h->unique, 0, &space, sizeof space);
    case FUSE_RELEASE:
    case FUSE_RELEASEDIR:
    case FUSE_FLUSH:
    case FUSE_FSYNC: return answer(h->unique, 0, NULL, 0);
    default: return answer(h->unique, ENOSYS, NULL, 0);
    }
}

static void go_on(void) {
    holds = 0;
    for (int i = 0; i < held_count; i++) {
        struct fuse_write_out out = {.size = held[i].size};
        answer(held[i].id, 0, &out, sizeof out);
    }
    held_count = 0;
}

int main(int count, char **arguments) {
    if (count != 2) return 2;
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGUSR1);
    sigaddset(&signals, SIGUSR2);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    int orders = signalfd(-1, &signals, SFD_CLOEXEC);
    channel = open("/dev/fuse", O_RDWR | O_CLOEXEC);
    char options[128];
    snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other", channel);
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("hangingdisk", arguments[1], "fuse", MS_NOSUID | MS_NODEV, options) != 0) {
        perror("hangingdisk");
        return 1;
    }
    puts("mounted");
    fflush(stdout);
    static char request[MOST_WRITTEN + (1 << 13)] __attribute__((aligned(8)));
    for (;;) {
        struct pollfd watched[2] = {{.fd = channel, .events = POLLIN}, {.fd = orders, .events = POLLIN}};
        poll(watched, 2, -1);
        struct signalfd_siginfo order;
        if (watched[1].revents && read(orders, &order, sizeof order) == sizeof order) {
            if (order.ssi_signo == SIGUSR1)
                holds = 1;
            else
                go_on();
        }
        if (!watched[0].revents) continue;
        ssize_t size = read(channel, request, sizeof request);
        if (size < 0 && errno == ENODEV) return 0;
        if (size >= (ssize_t)sizeof(struct fuse_in_header)) serve((struct fuse_in_header *)request);
    }
}
