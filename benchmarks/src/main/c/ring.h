/*
 * An io_uring with raw system calls: what the echo server and its load share.
 *
 * Thread: all functions belong to the one thread that opened the ring. Unless the ring is `shared` the kernel is told so, and
 * may do less (IORING_SETUP_SINGLE_ISSUER, IORING_SETUP_DEFER_TASKRUN).
 *
 * Sends. Both programs send with MSG_DONTWAIT | MSG_WAITALL and IOSQE_CQE_SKIP_SUCCESS. With MSG_DONTWAIT the
 * kernel never parks the request: io_uring_enter(2) runs it while it submits, and it is over when the call
 * returns. With the skip flag a send that took all bytes posts nothing; one that did not (the socket's buffer
 * is full: fewer bytes or EAGAIN) posts a completion before the call returns. So "no completion after the
 * call" means "all sent, the memory is free", and the usual turn of a loop has one system call that comes back
 * with nothing but received data. The rest of a short send goes out as an ordinary send, whose completion is
 * awaited.
 *
 * https://man7.org/linux/man-pages/man2/io_uring_enter.2.html
 * https://man7.org/linux/man-pages/man3/io_uring_setup_buf_ring.3.html
 */
#ifndef RING_H
#define RING_H

#include <errno.h>
#include <linux/io_uring.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Says what went wrong in the way of the program and ends it. */
static void fail(const char *what, int error) __attribute__((noreturn));

struct ring {
    int fd;         /* for io_uring_register */
    int registered; /* the same as a registered descriptor: for io_uring_enter */
    unsigned *sq_head, *sq_tail, sq_entries, tail;
    struct io_uring_sqe *sqes;
    unsigned *cq_head, *cq_tail, cq_mask;
    struct io_uring_cqe *cqes;
    uint64_t enters; /* calls of io_uring_enter so far */
};

/* Buffers that the kernel picks from when data arrives; a buffer is the program's until it gives it back. */
struct buffers {
    struct io_uring_buf_ring *ring;
    unsigned char *memory;
    unsigned count, size;
    size_t stride; /* not a power of two: buffers of which only the start is used do not share cache sets */
    uint16_t tail;
};

enum { GROUP = 1 }; /* the id of the one group of buffers */

static inline void *map(size_t bytes, int flags, int fd, off_t offset) {
    void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, fd, offset);
    if (at == MAP_FAILED) {
        fail("mmap", errno);
    }
    return at;
}

static inline void ring_open(struct ring *ring, unsigned submissions, unsigned completions, bool shared) {
    struct io_uring_params params = {
        .flags = IORING_SETUP_CQSIZE | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_COOP_TASKRUN
                | (shared ? IORING_SETUP_TASKRUN_FLAG : IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN),
        .cq_entries = completions,
    };
    int fd = (int) syscall(SYS_io_uring_setup, submissions, &params);
    if (fd < 0) {
        fail("io_uring_setup", errno);
    }
    size_t sq_bytes = params.sq_off.array + params.sq_entries * sizeof(unsigned);
    size_t cq_bytes = params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe);
    char *rings = map(sq_bytes > cq_bytes ? sq_bytes : cq_bytes, MAP_SHARED, fd, IORING_OFF_SQ_RING);
    ring->sqes = map(params.sq_entries * sizeof(struct io_uring_sqe), MAP_SHARED, fd, IORING_OFF_SQES);
    ring->sq_head = (unsigned *) (rings + params.sq_off.head);
    ring->sq_tail = (unsigned *) (rings + params.sq_off.tail);
    ring->sq_entries = params.sq_entries;
    ring->cq_head = (unsigned *) (rings + params.cq_off.head);
    ring->cq_tail = (unsigned *) (rings + params.cq_off.tail);
    ring->cq_mask = params.cq_entries - 1;
    ring->cqes = (struct io_uring_cqe *) (rings + params.cq_off.cqes);
    unsigned *order = (unsigned *) (rings + params.sq_off.array);
    for (unsigned i = 0; i < params.sq_entries; i++) {
        order[i] = i;
    }
    /* Saves the look-up of the descriptor in every call. */
    struct io_uring_rsrc_update own = {.offset = UINT32_MAX, .data = (uint64_t) fd};
    if (syscall(SYS_io_uring_register, fd, IORING_REGISTER_RING_FDS, &own, 1) != 1) {
        fail("IORING_REGISTER_RING_FDS", errno);
    }
    ring->fd = fd;
    ring->registered = (int) own.offset;
}

static inline void ring_enter(struct ring *ring, unsigned wait_for) {
    __atomic_store_n(ring->sq_tail, ring->tail, __ATOMIC_RELEASE);
    unsigned queued = ring->tail - *ring->sq_head;
    ring->enters++;
    long taken = syscall(SYS_io_uring_enter, ring->registered, queued, wait_for,
            IORING_ENTER_GETEVENTS | IORING_ENTER_REGISTERED_RING, NULL, 0);
    if (taken < 0 && errno != EINTR) {
        fail("io_uring_enter", errno);
    }
    /* With SUBMIT_ALL the kernel takes everything or (out of memory) fails; sends rely on it. */
    if (*ring->sq_head != ring->tail && taken >= 0) {
        fail("io_uring_enter took only a part", 0);
    }
}

/* Makes room for as many SQEs in a row: those of a link must go with one call. */
static inline void ring_room(struct ring *ring, unsigned sqes) {
    if (ring->tail - *ring->sq_head + sqes > ring->sq_entries) {
        ring_enter(ring, 0);
    }
}

static inline struct io_uring_sqe *ring_sqe(struct ring *ring, int operation, int fd, uint64_t user_data) {
    ring_room(ring, 1);
    struct io_uring_sqe *sqe = &ring->sqes[ring->tail++ & (ring->sq_entries - 1)];
    memset(sqe, 0, sizeof *sqe);
    sqe->opcode = (uint8_t) operation;
    sqe->fd = fd;
    sqe->user_data = user_data;
    return sqe;
}

static inline void buffers_give(struct buffers *buffers, unsigned id) {
    struct io_uring_buf *buf = &buffers->ring->bufs[buffers->tail++ & (buffers->count - 1)];
    buf->addr = (uint64_t) (uintptr_t) (buffers->memory + id * buffers->stride);
    buf->len = buffers->size;
    buf->bid = (uint16_t) id;
}

/* Shows the kernel what was given back: once a turn. */
static inline void buffers_publish(struct buffers *buffers) {
    __atomic_store_n(&buffers->ring->tail, buffers->tail, __ATOMIC_RELEASE);
}

static inline void buffers_open(struct ring *ring, struct buffers *buffers, unsigned count, unsigned size) {
    buffers->count = count;
    buffers->size = size;
    buffers->stride = size + 64;
    buffers->memory = map(count * buffers->stride, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    madvise(buffers->memory, count * buffers->stride, MADV_HUGEPAGE); /* fewer TLB misses where it is possible */
    buffers->ring = map(count * sizeof(struct io_uring_buf), MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct io_uring_buf_reg group = {
        .ring_addr = (uint64_t) (uintptr_t) buffers->ring,
        .ring_entries = count,
        .bgid = GROUP,
    };
    if (syscall(SYS_io_uring_register, ring->fd, IORING_REGISTER_PBUF_RING, &group, 1) < 0) {
        fail("IORING_REGISTER_PBUF_RING", errno);
    }
    for (unsigned i = 0; i < count; i++) {
        buffers_give(buffers, i);
    }
    buffers_publish(buffers);
}

/* Receives again and again, each time into the next buffer of the group. */
static inline void ring_receive(struct ring *ring, int fd, uint64_t user_data) {
    struct io_uring_sqe *sqe = ring_sqe(ring, IORING_OP_RECV, fd, user_data);
    sqe->ioprio = IORING_RECV_MULTISHOT;
    sqe->flags = IOSQE_BUFFER_SELECT;
    sqe->buf_group = GROUP;
}

/* Sends at once or posts a completion: see the top of this file. */
static inline struct io_uring_sqe *ring_send(struct ring *ring, int fd, const void *data, unsigned bytes, uint64_t user_data) {
    struct io_uring_sqe *sqe = ring_sqe(ring, IORING_OP_SEND, fd, user_data);
    sqe->addr = (uint64_t) (uintptr_t) data;
    sqe->len = bytes;
    sqe->msg_flags = MSG_DONTWAIT | MSG_WAITALL | MSG_NOSIGNAL;
    sqe->flags = IOSQE_CQE_SKIP_SUCCESS;
    return sqe;
}

/* Sends when there is room, and always posts a completion. */
static inline void ring_send_later(struct ring *ring, int fd, const void *data, unsigned bytes, uint64_t user_data) {
    struct io_uring_sqe *sqe = ring_sqe(ring, IORING_OP_SEND, fd, user_data);
    sqe->addr = (uint64_t) (uintptr_t) data;
    sqe->len = bytes;
    sqe->msg_flags = MSG_WAITALL | MSG_NOSIGNAL;
}

#endif
