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
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// No _GNU_SOURCE here: Swift's own Glibc module is built without it, and with it fd_set gets another
// member, which a build from an empty module cache refuses. What it would declare:
extern char **environ;
extern int pipe2(int ends[2], int flags);
extern int setresuid(uid_t real, uid_t effective, uid_t saved);
extern int setresgid(gid_t real, gid_t effective, gid_t saved);
extern int syncfs(int fd);

static inline char **dcb_environment(void) { return environ; }
static inline int dcb_signal_descriptor(const sigset_t *set) { return signalfd(-1, set, SFD_CLOEXEC | SFD_NONBLOCK); }

static inline int dcb_is_directory(mode_t m) { return S_ISDIR(m); }
static inline int dcb_is_regular(mode_t m) { return S_ISREG(m); }
static inline int dcb_is_link(mode_t m) { return S_ISLNK(m); }

static inline int dcb_exited(int s) { return WIFEXITED(s); }
static inline int dcb_exit_status(int s) { return WEXITSTATUS(s); }
static inline int dcb_term_signal(int s) { return WTERMSIG(s); }

static inline int64_t dcb_mtime_ns(const struct stat *s) { return s->st_mtim.tv_sec * 1000000000LL + s->st_mtim.tv_nsec; }
static inline int64_t dcb_ctime_ns(const struct stat *s) { return s->st_ctim.tv_sec * 1000000000LL + s->st_ctim.tv_nsec; }

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
};

// fork and exec. Returns the pid, or -errno. The child reports a failed exec
// through a close-on-exec pipe, so that "not found" is an answer and not an exit code.
static inline int dcb_spawn(const char *path, char *const argv[], char *const envp[], const struct dcb_spawn_options *o) {
    int report[2];
    if (pipe2(report, O_CLOEXEC) != 0) return -errno;
    sigset_t all, old;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &old);
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0) {
        int e;
        struct sigaction d = {0};
        d.sa_handler = SIG_DFL;
        for (int s = 1; s < 65; s++) sigaction(s, &d, NULL);
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        if (o->new_group) setpgid(0, 0);
        if (o->death_signal) {
            prctl(PR_SET_PDEATHSIG, o->death_signal);
            if (getppid() != parent) _exit(127);
        }
        // Move out of 0..2 first, so that no dup2 below overwrites a source.
        int in = fcntl(o->in, F_DUPFD_CLOEXEC, 3), out = fcntl(o->out, F_DUPFD_CLOEXEC, 3), err = fcntl(o->err, F_DUPFD_CLOEXEC, 3);
        if (in < 0 || out < 0 || err < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0) goto fail;
        int keep = fcntl(report[1], F_DUPFD_CLOEXEC, 3);
        if (keep < 0) goto fail;
        if (keep > 3) syscall(SYS_close_range, 3U, (unsigned)keep - 1, 0);
        syscall(SYS_close_range, (unsigned)keep + 1, ~0U, 0);
        report[1] = keep;
        execve(path, argv, envp);
    fail:
        e = errno;
        (void)!write(report[1], &e, sizeof e);
        _exit(127);
    }
    int saved = errno;
    sigprocmask(SIG_SETMASK, &old, NULL);
    close(report[1]);
    if (pid < 0) { close(report[0]); return -saved; }
    int e = 0;
    ssize_t n;
    do n = read(report[0], &e, sizeof e); while (n < 0 && errno == EINTR);
    close(report[0]);
    if (n == (ssize_t)sizeof e) {
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {}
        return -e;
    }
    return pid;
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

#endif
