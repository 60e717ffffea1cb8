/*
 * Reads random blocks of a file with io_uring and nothing else: the limit that others are compared with.
 *
 *   block-reader FILE cached|direct IN_FLIGHT MILLIS
 *     -> reads=.. nanos=.. cpu_nanos=..
 *
 * One thread; as many reads are under way as asked, and every turn of the loop, one system call, starts as many as have
 * ended. A read that fails or is short is said on standard error, and the program ends with 1.
 *
 * https://man7.org/linux/man-pages/man2/io_uring_enter.2.html
 */
#define _GNU_SOURCE
#include "clock.h"
#include "ring.h"

#include <fcntl.h>

enum { BLOCK_BYTES = 4096, MOST_IN_FLIGHT = 256 };
static const uint64_t MILLI = 1000000;

static void fail(const char *what, int number) {
    fprintf(stderr, "block-reader: %s: %s\n", what, number == 0 ? "not as it must be" : strerror(number));
    exit(1);
}

static uint64_t any(void) { /* xorshift */
    static uint64_t state = 88172645463325252;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

int main(int argc, char **argv) {
    if (argc != 5) {
        fail("arguments", EINVAL);
    }
    int fd = open(argv[1], O_RDONLY | O_CLOEXEC | (strcmp(argv[2], "direct") == 0 ? O_DIRECT : 0));
    if (fd < 0) {
        fail(argv[1], errno);
    }
    unsigned in_flight = (unsigned) atoi(argv[3]);
    uint64_t blocks = (uint64_t) lseek(fd, 0, SEEK_END) / BLOCK_BYTES;
    if (in_flight == 0 || in_flight > MOST_IN_FLIGHT || blocks == 0) {
        fail("arguments", EINVAL);
    }
    char *memory = map((size_t) in_flight * BLOCK_BYTES, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    struct ring ring = {0};
    ring_open(&ring, MOST_IN_FLIGHT, 2 * MOST_IN_FLIGHT, false);

    unsigned idle[MOST_IN_FLIGHT], idle_count = in_flight;
    for (unsigned i = 0; i < in_flight; i++) {
        idle[i] = i;
    }
    uint64_t reads = 0;
    uint64_t cpu = clock_nanos(CLOCK_PROCESS_CPUTIME_ID);
    uint64_t begin = clock_nanos(CLOCK_MONOTONIC);
    uint64_t now = begin;
    uint64_t end = begin + (uint64_t) atol(argv[4]) * MILLI;
    while (now < end || idle_count < in_flight) {
        while (now < end && idle_count > 0) {
            unsigned number = idle[--idle_count];
            struct io_uring_sqe *sqe = ring_sqe(&ring, IORING_OP_READ, fd, number);
            sqe->addr = (uint64_t) (uintptr_t) (memory + (size_t) number * BLOCK_BYTES);
            sqe->len = BLOCK_BYTES;
            sqe->off = any() % blocks * BLOCK_BYTES;
        }
        ring_enter(&ring, 1);
        unsigned head = *ring.cq_head;
        unsigned tail = __atomic_load_n(ring.cq_tail, __ATOMIC_ACQUIRE);
        for (; head != tail; head++) {
            const struct io_uring_cqe *cqe = &ring.cqes[head & ring.cq_mask];
            if (cqe->res != BLOCK_BYTES) {
                fail("read", cqe->res < 0 ? -cqe->res : 0);
            }
            idle[idle_count++] = (unsigned) cqe->user_data;
            reads++;
        }
        __atomic_store_n(ring.cq_head, head, __ATOMIC_RELEASE);
        now = clock_nanos(CLOCK_MONOTONIC);
    }
    printf("reads=%lu nanos=%lu cpu_nanos=%lu\n", (unsigned long) reads, (unsigned long) (now - begin),
            (unsigned long) (clock_nanos(CLOCK_PROCESS_CPUTIME_ID) - cpu));
    return 0;
}
