// What Swift's importer cannot see of Linux: macros, variadic calls, and a child
// process with the few settings that posix_spawn does not have.
#ifndef DCB_CLINUX_SHIM_H
#define DCB_CLINUX_SHIM_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// No _GNU_SOURCE here: Swift's own Glibc module is built without it, and with it fd_set gets another
// member, which a build from an empty module cache refuses. What it would declare:
extern char **environ;
extern int pipe2(int ends[2], int flags);
extern int clone(int (*function)(void *), void *stack, int flags, void *argument, ...);
#ifndef CLONE_VM
#define CLONE_VM 0x100
#define CLONE_VFORK 0x4000
#endif
extern int setresuid(uid_t real, uid_t effective, uid_t saved);
extern int setresgid(gid_t real, gid_t effective, gid_t saved);
extern int syncfs(int fd);
extern int accept4(int fd, struct sockaddr *address, socklen_t *size, int flags);

static inline char **dcb_environment(void) { return environ; }
static inline int dcb_signal_descriptor(const sigset_t *set) { return signalfd(-1, set, SFD_CLOEXEC | SFD_NONBLOCK); }

static inline int dcb_is_directory(mode_t m) { return S_ISDIR(m); }
static inline int dcb_is_regular(mode_t m) { return S_ISREG(m); }
static inline int dcb_is_link(mode_t m) { return S_ISLNK(m); }

static inline int dcb_exited(int s) { return WIFEXITED(s); }
static inline int dcb_exit_status(int s) { return WEXITSTATUS(s); }
static inline int dcb_term_signal(int s) { return WTERMSIG(s); }

// Who owns a file gives it any time: beyond the years 1677 to 2262 it is the end of them.
static inline int64_t dcb_nanoseconds(const struct timespec *t) {
    int64_t n;
    if (__builtin_mul_overflow((int64_t)t->tv_sec, 1000000000LL, &n) || __builtin_add_overflow(n, (int64_t)t->tv_nsec, &n)) return t->tv_sec < 0 ? INT64_MIN : INT64_MAX;
    return n;
}
static inline int64_t dcb_mtime_ns(const struct stat *s) { return dcb_nanoseconds(&s->st_mtim); }
static inline int64_t dcb_ctime_ns(const struct stat *s) { return dcb_nanoseconds(&s->st_ctim); }

// No file that this process writes grows beyond it (setrlimit(2), RLIMIT_FSIZE).
static inline int dcb_limit_files(int64_t bytes) {
    struct rlimit r = {(rlim_t)bytes, (rlim_t)bytes};
    return setrlimit(RLIMIT_FSIZE, &r);
}

// Two names swap what they stand for, in one step (renameat2(2), RENAME_EXCHANGE).
static inline int dcb_exchange(const char *a, const char *b) { return (int)syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, 2U); }

static inline long dcb_filesystem_type(int fd) {
    struct statfs s;
    return fstatfs(fd, &s) == 0 ? (long)s.f_type : -1;
}

// What a folder needs that Glibc's overlay does not have.
static inline int dcb_set_time_at(int folder, const char *name, int64_t seconds, int64_t nanoseconds) {
    struct timespec t[2] = {{0, UTIME_OMIT}, {seconds, nanoseconds}};
    return utimensat(folder, name, t, AT_SYMLINK_NOFOLLOW);
}
static inline int64_t dcb_blocks(const struct stat *s) { return s->st_blocks; }
static inline int64_t dcb_free_bytes(int fd) {
    struct statfs s;
    return fstatfs(fd, &s) == 0 ? (int64_t)s.f_bavail * (int64_t)s.f_bsize : -1;
}

// Drops to a user for good: groups first, then gid, then uid.
static inline int dcb_become(uid_t uid, gid_t gid) {
    if (setgroups(1, &gid) != 0) return -1;
    if (setresgid(gid, gid, gid) != 0) return -1;
    return setresuid(uid, uid, uid);
}

struct dcb_spawn_options {
    int in, out, err;          // descriptors that become 0, 1, 2
    int new_group;             // 1: the child leads a process group of its own
    int death_signal;          // sent when the parent dies; 0: none
    const char *folder;        // where it works; NULL: where the parent does
};

struct dcb_spawn_job {
    const char *path;
    char *const *argv, *const *envp;
    const struct dcb_spawn_options *options;
    pid_t parent;
    volatile int *failure;     // the errno of what stopped the child before it became the program
};

static inline int dcb_is_ignored(const struct sigaction *action) { return action->sa_handler == SIG_IGN; }

// The child's part, in the parent's memory and on a stack of its own; the parent stands still until it ends or becomes the program.
static inline int dcb_spawned(void *given) {
    struct dcb_spawn_job *job = (struct dcb_spawn_job *)given;
    const struct dcb_spawn_options *o = job->options;
    struct sigaction d = {0};
    d.sa_handler = SIG_DFL;
    for (int s = 1; s < 65; s++) {
        // What the user asked this process to ignore, its children ignore too.
        struct sigaction now;
        if ((s == SIGHUP || s == SIGINT || s == SIGQUIT) && sigaction(s, NULL, &now) == 0 && dcb_is_ignored(&now)) continue;
        sigaction(s, &d, NULL);
    }
    if (o->new_group) setpgid(0, 0);
    if (o->folder && chdir(o->folder) != 0) goto fail;
    if (o->death_signal) {
        prctl(PR_SET_PDEATHSIG, o->death_signal);
        if (getppid() != job->parent) _exit(127);
    }
    // Move out of 0..2 first, so that no dup2 below overwrites a source.
    int in = fcntl(o->in, F_DUPFD_CLOEXEC, 3), out = fcntl(o->out, F_DUPFD_CLOEXEC, 3), err = fcntl(o->err, F_DUPFD_CLOEXEC, 3);
    if (in < 0 || out < 0 || err < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0) goto fail;
    syscall(SYS_close_range, 3U, ~0U, 0);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execve(job->path, job->argv, job->envp);
fail:
    *job->failure = errno;
    _exit(127);
}

// Starts a program without copying the parent's page tables (CLONE_VM, as posix_spawn does). Returns the pid, or -errno: that it cannot be
// executed is an answer and not an exit code.
static inline int dcb_spawn(const char *path, char *const argv[], char *const envp[], const struct dcb_spawn_options *o) {
    char stack[32768] __attribute__((aligned(16)));
#ifdef DCB_SANITIZER_thread
    // ThreadSanitizer takes each clone for a fork: there the child has a copy of the memory, and only this page in common.
    volatile int *failure = (volatile int *)mmap(NULL, sizeof *failure, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (failure == MAP_FAILED) return -errno;
    const int memory = 0;
#else
    volatile int in_common = 0, *failure = &in_common;
    const int memory = CLONE_VM;
#endif
    struct dcb_spawn_job job = {path, argv, envp, o, getpid(), failure};
    sigset_t all, old;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &old);
    pid_t pid = clone(dcb_spawned, stack + sizeof stack, memory | CLONE_VFORK | SIGCHLD, &job);
    int code = pid < 0 ? errno : *failure;
    sigprocmask(SIG_SETMASK, &old, NULL);
#ifdef DCB_SANITIZER_thread
    munmap((void *)failure, sizeof *failure);
#endif
    if (pid < 0) return -code;
    if (code == 0) return pid;
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {}
    return -code;
}

// flock with a deadline: a repeating timer interrupts the wait, so a signal that comes just before
// the call is not the last one. The timer signals this very thread.
static inline void dcb_noop(int s) { (void)s; }
static inline int dcb_flock_wait(int fd, int milliseconds) {
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) return 0;
    if (errno != EWOULDBLOCK || milliseconds <= 0) return -1;
    struct sigaction sa = {0};
    sa.sa_handler = dcb_noop;
    sigaction(SIGALRM, &sa, NULL);
    sigset_t alarm_set, mask;
    sigemptyset(&alarm_set);
    sigaddset(&alarm_set, SIGALRM);
    pthread_sigmask(SIG_UNBLOCK, &alarm_set, &mask);
    struct sigevent event = {0};
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = SIGALRM;
    event._sigev_un._tid = (pid_t)syscall(SYS_gettid);
    timer_t timer;
    if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0) return -1;
    struct itimerspec t = {{0, 50000000}, {milliseconds / 1000, (milliseconds % 1000) * 1000000L}};
    timer_settime(timer, 0, &t, NULL);
    struct timespec from, now;
    clock_gettime(CLOCK_MONOTONIC, &from);
    int r, e;
    for (;;) {
        r = flock(fd, LOCK_EX);
        e = errno;
        if (r == 0 || e != EINTR) break;
        clock_gettime(CLOCK_MONOTONIC, &now);
        int64_t passed = (now.tv_sec - from.tv_sec) * 1000LL + (now.tv_nsec - from.tv_nsec) / 1000000;
        if (passed >= milliseconds) { e = EWOULDBLOCK; break; }
    }
    timer_delete(timer);
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    errno = e;
    return r;
}

// Addresses are 16 bytes, IPv4 ones mapped into IPv6 (RFC 4291 section 2.5.5.2), so that Swift sees one kind.
static const uint8_t dcb_mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static inline int dcb_close_failed(int fd) {
    int e = errno;
    close(fd);
    errno = e;
    return -1;
}

static inline int dcb_listen_inet(const uint8_t address[16], uint16_t port, int backlog) {
    int one = 1, is4 = memcmp(address, dcb_mapped, 12) == 0;
    int fd = socket(is4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    struct sockaddr_in a4 = {0};
    struct sockaddr_in6 a6 = {0};
    a4.sin_family = AF_INET;
    a4.sin_port = htons(port);
    memcpy(&a4.sin_addr, address + 12, 4);
    a6.sin6_family = AF_INET6;
    a6.sin6_port = htons(port);
    memcpy(&a6.sin6_addr, address, 16);
    if (!is4) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
    int r = is4 ? bind(fd, (struct sockaddr *)&a4, sizeof a4) : bind(fd, (struct sockaddr *)&a6, sizeof a6);
    if (r != 0 || listen(fd, backlog) != 0) return dcb_close_failed(fd);
    return fd;
}

// Bytes of the path; a leading zero byte is an abstract name. -1 with EINVAL when it is too long.
static inline int dcb_unix_address(struct sockaddr_un *a, socklen_t *size, const char *path, size_t count) {
    memset(a, 0, sizeof *a);
    a->sun_family = AF_UNIX;
    if (count == 0 || count >= sizeof a->sun_path) { errno = EINVAL; return -1; }
    memcpy(a->sun_path, path, count);
    *size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + count + (path[0] != 0));
    return 0;
}

// The mode is set before the first caller can come.
static inline int dcb_listen_unix(const char *path, size_t count, mode_t mode, int backlog) {
    struct sockaddr_un a;
    socklen_t size;
    if (dcb_unix_address(&a, &size, path, count) != 0) return -1;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -1;
    if (bind(fd, (struct sockaddr *)&a, size) != 0) return dcb_close_failed(fd);
    if (chmod(a.sun_path, mode) != 0 || listen(fd, backlog) != 0) return dcb_close_failed(fd);
    return fd;
}

// A connected stream socket to a Unix name, or -1.
static inline int dcb_connect_unix(const char *path, size_t count) {
    struct sockaddr_un a;
    socklen_t size;
    if (dcb_unix_address(&a, &size, path, count) != 0) return -1;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -1;
    if (connect(fd, (struct sockaddr *)&a, size) != 0) return dcb_close_failed(fd);
    return fd;
}

// The next caller, or -1. family: 0 when it has no internet address.
static inline int dcb_accept(int listener, uint8_t address[16], int *is_inet) {
    struct sockaddr_storage a;
    socklen_t size = sizeof a;
    int one = 1, fd = accept4(listener, (struct sockaddr *)&a, &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return -1;
    memset(address, 0, 16);
    *is_inet = 1;
    if (a.ss_family == AF_INET) {
        memcpy(address, dcb_mapped, 12);
        memcpy(address + 12, &((struct sockaddr_in *)&a)->sin_addr, 4);
    } else if (a.ss_family == AF_INET6) {
        memcpy(address, &((struct sockaddr_in6 *)&a)->sin6_addr, 16);
    } else {
        *is_inet = 0;
    }
    if (*is_inet) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

// The port and address a socket is bound to; -1 when it is no internet socket.
static inline int dcb_bound_port(int fd, uint8_t address[16]) {
    struct sockaddr_storage a;
    socklen_t size = sizeof a;
    if (getsockname(fd, (struct sockaddr *)&a, &size) != 0) return -1;
    if (a.ss_family == AF_INET) {
        memcpy(address, dcb_mapped, 12);
        memcpy(address + 12, &((struct sockaddr_in *)&a)->sin_addr, 4);
        return ntohs(((struct sockaddr_in *)&a)->sin_port);
    }
    if (a.ss_family != AF_INET6) return -1;
    memcpy(address, &((struct sockaddr_in6 *)&a)->sin6_addr, 16);
    return ntohs(((struct sockaddr_in6 *)&a)->sin6_port);
}

static inline int dcb_is_listening(int fd) {
    int is = 0;
    socklen_t size = sizeof is;
    return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &is, &size) == 0 && is;
}

static inline int dcb_send_datagram(const char *path, size_t count, const void *bytes, size_t size) {
    struct sockaddr_un a;
    socklen_t length;
    if (dcb_unix_address(&a, &length, path, count) != 0) return -1;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -1;
    ssize_t n = sendto(fd, bytes, size, MSG_NOSIGNAL, (struct sockaddr *)&a, length);
    close(fd);
    return n == (ssize_t)size ? 0 : -1;
}

static inline int dcb_epoll_control(int poller, int operation, int fd, uint32_t events, uint64_t token) {
    struct epoll_event e = {0};
    e.events = events;
    e.data.u64 = token;
    return epoll_ctl(poller, operation, fd, &e);
}

static inline int dcb_epoll_wait(int poller, uint64_t *tokens, uint32_t *events, int count, int milliseconds) {
    struct epoll_event e[256];
    int n = epoll_wait(poller, e, count < 256 ? count : 256, milliseconds);
    for (int i = 0; i < n; i++) {
        tokens[i] = e[i].data.u64;
        events[i] = e[i].events;
    }
    return n;
}

// As many descriptors as the hard limit lets us have. Returns their number.
static inline int64_t dcb_raise_descriptor_limit(void) {
    struct rlimit r;
    if (getrlimit(RLIMIT_NOFILE, &r) != 0) return -1;
    rlim_t wanted = r.rlim_max < 65536 ? r.rlim_max : 65536;
    if (r.rlim_cur < wanted) {
        r.rlim_cur = wanted;
        setrlimit(RLIMIT_NOFILE, &r);
        getrlimit(RLIMIT_NOFILE, &r);
    }
    return (int64_t)r.rlim_cur;
}

#endif
