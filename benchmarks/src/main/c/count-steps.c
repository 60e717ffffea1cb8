/*
 * Counts the user-space instructions of all threads of a process where there are no hardware counters:
 * `count-steps PID` lets every thread go one instruction at a time (ptrace(2), PTRACE_SINGLESTEP);
 * `count-steps PID TID...` only these and those that they start. A JVM's own threads look at the clock, and are
 * better left alone: a thousand times slower they would do a thousand times as much for each request.
 *
 * It prints `attached N threads` when all are being stepped. At a line on standard input, or its end, it lets
 * the process go and prints `steps=TOTAL`, followed by ` TID:NAME=STEPS` for each thread that made any (spaces
 * in names are shown as underscores).
 *
 * What is counted: an instruction is one, whatever it does. A thread that waits in a system call counts nothing
 * while it waits; `syscall` itself is one, and one more each time that the kernel restarts it. A string
 * instruction with a `rep` prefix traps after each iteration; it is counted once, as the CPU's counters do,
 * because a stop at the address of the stop before is not counted (nor is, therefore, a jump to itself).
 *
 * What the process sees: signals are delivered with the next step, and stops and continuations of the whole
 * process work. Attaching and letting go may interrupt system calls that are never restarted (epoll_wait,
 * io_uring_enter: EINTR). Not for processes that use SIGTRAP themselves: it is taken for a step.
 *
 * Every step is two context switches. It runs on the CPUs that the process's first thread may run on, and counts
 * fastest, some ten thousand steps a second, where that is one: `taskset -c 0 PROGRAM`.
 *
 * https://man7.org/linux/man-pages/man2/ptrace.2.html
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/time.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    PID_LIMIT = 1 << 22,      /* of 64-bit kernels */
    STEPS_BETWEEN_LOOKS = 16, /* waitpid prefers the threads that were attached first: the others get their turn */
    TICK_MICROS = 20000,
};

struct thread {
    pid_t tid;
    bool alive;       /* and traced */
    bool stopped;     /* at least once: it is being stepped since */
    bool pushes;      /* that instruction is `pushf` */
    bool got_signal;  /* delivered with the step that is under way */
    uint64_t address; /* of the instruction that comes next */
    uint64_t steps;
    char name[32];
};

static pid_t chosen[64]; /* none: all */
static int chosen_count;
static struct thread *by_tid[PID_LIMIT]; /* only the pages that are used exist */
static struct thread *threads[65536];
static int thread_count, alive_count, unstopped_count;
static pid_t process;
static bool stopping;
static volatile sig_atomic_t ticked;

static void fail(const char *what, int tid) {
    fprintf(stderr, "count-steps: %s of %d: %s\n", what, tid, strerror(errno));
    exit(1);
}

static void tick(int signal) {
    (void) signal;
    ticked = 1;
}

static void read_name(struct thread *thread) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task/%d/comm", process, thread->tid);
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        return; /* it has ended: the name that it had before */
    }
    if (fgets(thread->name, sizeof thread->name, file) != NULL) {
        thread->name[strcspn(thread->name, "\n")] = 0;
    }
    fclose(file);
    for (char *at = thread->name; *at != 0; at++) {
        *at = isspace((unsigned char) *at) ? '_' : *at;
    }
}

static struct thread *thread_of(pid_t tid) {
    struct thread *thread = by_tid[tid];
    if (thread == NULL || !thread->alive) { /* a number may come again */
        if (thread_count == (int) (sizeof threads / sizeof *threads)) {
            errno = ENOMEM;
            fail("table of threads", tid);
        }
        thread = calloc(1, sizeof *thread);
        if (thread == NULL) {
            fail("calloc", tid);
        }
        thread->tid = tid;
        thread->alive = true;
        alive_count++;
        unstopped_count++;
        by_tid[tid] = thread;
        threads[thread_count++] = thread;
        read_name(thread);
    }
    return thread;
}

static void has_stopped(struct thread *thread) {
    unstopped_count -= !thread->stopped;
    thread->stopped = true;
}

static void let_go_of(struct thread *thread) {
    has_stopped(thread);
    thread->alive = false;
    alive_count--;
}

static bool is_chosen(pid_t tid) {
    for (int i = 0; i < chosen_count; i++) {
        if (chosen[i] == tid) {
            return true;
        }
    }
    return chosen_count == 0;
}

/* Again until a pass finds no new thread: one that is not traced yet may start others meanwhile. */
static void attach(void) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task", process);
    for (bool found = true; found;) {
        found = false;
        DIR *tasks = opendir(path);
        if (tasks == NULL) {
            fail("no process", process);
        }
        for (struct dirent *entry; (entry = readdir(tasks)) != NULL;) {
            pid_t tid = atoi(entry->d_name);
            if (tid <= 0 || !is_chosen(tid) || (by_tid[tid] != NULL && by_tid[tid]->alive)) {
                continue;
            }
            if (ptrace(PTRACE_SEIZE, tid, NULL, PTRACE_O_TRACECLONE) != 0) {
                if (tid == process) {
                    fail("PTRACE_SEIZE", tid);
                }
                continue; /* it has ended, or is traced since its start: then it stops by itself */
            }
            thread_of(tid);
            found = true;
            ptrace(PTRACE_INTERRUPT, tid, NULL, NULL);
        }
        closedir(tasks);
    }
}

/* ESRCH: the thread was killed while it was stopped; waitpid says so. */
static void resume(struct thread *thread, int request, int signal) {
    if (ptrace(request, thread->tid, NULL, (void *) (intptr_t) signal) != 0 && errno != ESRCH) {
        fail("ptrace", thread->tid);
    }
}

/* A trap that was raised but not reported would kill the process once nobody traces it. */
static bool has_unreported_trap(pid_t tid) {
    struct __ptrace_peeksiginfo_args first = {.off = 0, .flags = 0, .nr = 16};
    siginfo_t waiting[16];
    long count = ptrace(PTRACE_PEEKSIGINFO, tid, &first, waiting);
    for (long i = 0; i < count; i++) {
        if (waiting[i].si_signo == SIGTRAP) {
            return true;
        }
    }
    return false;
}

static const uint64_t TRAP_FLAG = 0x100;

static uint64_t peek(pid_t tid, size_t offset) {
    return (uint64_t) ptrace(PTRACE_PEEKUSER, tid, offset, NULL);
}

/*
 * Stepping is a bit in the flags, and `pushf` puts it on the stack, as in HotSpot's way into a safepoint; a later
 * `popf` would set it again when nobody traces the process any more, and the trap would kill it. So the bit is
 * cleared in what each `pushf` pushed, and in the flags when the thread is let go.
 */
static bool is_pushf(pid_t tid, uint64_t address) {
    uint64_t code = (uint64_t) ptrace(PTRACE_PEEKTEXT, tid, address, NULL);
    return (code & 0xff) == 0x9c || (code & 0xffff) == 0x9c66 || (code & 0xffff) == 0x9c48;
}

static void clear_pushed_flag(pid_t tid) {
    uint64_t stack = peek(tid, offsetof(struct user_regs_struct, rsp));
    uint64_t pushed = (uint64_t) ptrace(PTRACE_PEEKDATA, tid, stack, NULL);
    ptrace(PTRACE_POKEDATA, tid, stack, pushed & ~TRAP_FLAG);
}

static void clear_flag(pid_t tid) {
    size_t flags = offsetof(struct user_regs_struct, eflags);
    ptrace(PTRACE_POKEUSER, tid, flags, peek(tid, flags) & ~TRAP_FLAG);
}

/* Goes on with what is to be done with a thread that has stopped: a step, or its release. */
static void go_on(struct thread *thread, int signal) {
    if (!stopping) {
        thread->got_signal = signal != 0;
        resume(thread, PTRACE_SINGLESTEP, signal);
    } else if (has_unreported_trap(thread->tid)) {
        resume(thread, PTRACE_CONT, signal);
    } else {
        read_name(thread);
        clear_flag(thread->tid);
        resume(thread, PTRACE_DETACH, signal);
        let_go_of(thread);
    }
}

/* The kernel also stops a thread at the start of a signal's handler, where no instruction was executed. */
static bool is_start_of_handler(pid_t tid) {
    siginfo_t info;
    return ptrace(PTRACE_GETSIGINFO, tid, NULL, &info) == 0 && info.si_code != TRAP_TRACE;
}

static void trapped(struct thread *thread) {
    uint64_t address = peek(thread->tid, offsetof(struct user_regs_struct, rip));
    bool handler = thread->got_signal && is_start_of_handler(thread->tid);
    if (address != thread->address && !handler) {
        thread->steps++;
        if (thread->pushes) {
            clear_pushed_flag(thread->tid);
        }
    }
    if (address != thread->address) {
        thread->pushes = is_pushf(thread->tid, address);
    }
    thread->address = address;
    go_on(thread, 0);
}

static void stopped(pid_t tid, int status) {
    struct thread *thread = thread_of(tid);
    has_stopped(thread);
    if (!WIFSTOPPED(status)) {
        let_go_of(thread); /* it has ended */
        return;
    }
    int signal = WSTOPSIG(status);
    int event = status >> 16;
    if (event == PTRACE_EVENT_STOP && signal != SIGTRAP && !stopping) {
        resume(thread, PTRACE_LISTEN, 0); /* the whole process is stopped, as by SIGSTOP, and stays so */
    } else if (event == PTRACE_EVENT_CLONE) {
        unsigned long child;
        if (ptrace(PTRACE_GETEVENTMSG, tid, NULL, &child) == 0 && by_tid[child] == NULL) {
            thread_of((pid_t) child); /* it is traced, and stops by itself */
        }
        go_on(thread, 0);
    } else if (event != 0) {
        /* Attached, interrupted, or a new thread's first stop. */
        thread->address = peek(tid, offsetof(struct user_regs_struct, rip));
        thread->pushes = is_pushf(tid, thread->address);
        go_on(thread, 0);
    } else if (signal == SIGTRAP) {
        trapped(thread);
    } else {
        go_on(thread, signal);
    }
}

/* Steps those that have stopped meanwhile, each once, before any of them gets its next turn. */
static void look_at_all(void) {
    static struct {
        pid_t tid;
        int status;
    } found[4096];
    int count = 0;
    while (count < 4096 && (found[count].tid = waitpid(-1, &found[count].status, __WALL | WNOHANG)) > 0) {
        count++;
    }
    for (int i = 0; i < count; i++) {
        stopped(found[i].tid, found[i].status);
    }
}

/* Handles what has stopped, or waits for it; returns at a tick at the latest. */
static void go_round(void) {
    for (int i = 0; i < STEPS_BETWEEN_LOOKS && !ticked && alive_count > 0; i++) {
        int status;
        pid_t tid = waitpid(-1, &status, __WALL);
        if (tid < 0) {
            if (errno == EINTR) {
                return;
            }
            fail("waitpid", process);
        }
        stopped(tid, status);
    }
    look_at_all();
}

static bool told_to_stop(void) {
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    return poll(&input, 1, 0) > 0; /* a line, or the end */
}

static void print_steps(void) {
    uint64_t total = 0;
    for (int i = 0; i < thread_count; i++) {
        total += threads[i]->steps;
    }
    printf("steps=%lu", (unsigned long) total);
    for (int i = 0; i < thread_count; i++) {
        if (threads[i]->steps > 0) {
            printf(" %d:%s=%lu", threads[i]->tid, threads[i]->name, (unsigned long) threads[i]->steps);
        }
    }
    putchar('\n');
}

int main(int count, char **arguments) {
    if (count < 2 || count > 66 || (process = atoi(arguments[1])) <= 0) {
        fputs("usage: count-steps PID [TID...]\n", stderr);
        return 2;
    }
    while (chosen_count < count - 2) {
        chosen[chosen_count] = atoi(arguments[chosen_count + 2]);
        chosen_count++;
    }
    struct sigaction on_tick = {.sa_handler = tick}; /* no SA_RESTART: it ends the wait */
    sigaction(SIGALRM, &on_tick, NULL);
    cpu_set_t same; /* a step that wakes another CPU takes ten times as long */
    if (sched_getaffinity(process, sizeof same, &same) == 0) {
        sched_setaffinity(0, sizeof same, &same);
    }
    attach();
    struct itimerval ticks = {{0, TICK_MICROS}, {0, TICK_MICROS}};
    setitimer(ITIMER_REAL, &ticks, NULL);
    bool attached = false;
    while (alive_count > 0) {
        ticked = 0;
        if (!stopping && told_to_stop()) {
            stopping = true;
            for (int i = 0; i < thread_count; i++) {
                if (threads[i]->alive) {
                    ptrace(PTRACE_INTERRUPT, threads[i]->tid, NULL, NULL);
                }
            }
        }
        while (alive_count > 0 && !ticked) {
            go_round();
        }
        if (!attached && unstopped_count == 0) {
            attached = true;
            printf("attached %d threads\n", alive_count);
            fflush(stdout);
        }
    }
    print_steps();
    return 0;
}
