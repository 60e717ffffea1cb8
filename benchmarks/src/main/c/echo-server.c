/*
 * An echo server that does as little as a program can do with io_uring: the limit that others are compared with.
 *
 * One thread; multishot accept; multishot receive into a ring of provided buffers; what a turn received is sent
 * back out of the same buffers by requests that are queued in the same turn: one system call a turn. A buffer
 * goes back to the kernel when its send is over (see ring.h for how that is known). The bytes of a connection
 * stay in order: it has one send under way, and what arrives meanwhile waits in a list.
 *
 * With the argument `shared` its ring is one that may go from thread to thread, as the completion port's do (it does not).
 *
 * It prints `listening PORT`, answers each line of standard input by `enters=N echoes=N` (system calls, received
 * buffers that were sent back), and ends at the end of standard input.
 */
#define _GNU_SOURCE
#include "ring.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/uio.h>

enum {
    RING_ENTRIES = 512,
    COMPLETIONS = 4096,
    BUFFERS = 1024,
    BUFFER_BYTES = 16384,
    BACKLOG = 4096,
    BUFFERS_PER_SEND = 16,
    SENDS_PER_TURN = 384, /* leaves entries of the ring for other requests */
    NONE = 0xffff,        /* no buffer */
};

/* What a completion belongs to: the upper byte of its user data; the lower ones are the descriptor. */
enum { ACCEPT, RECEIVE, SEND, SEND_REST, STDIN, CLOSE };
static uint64_t tag(int kind, int fd) {
    return (uint64_t) kind << 56 | (uint32_t) fd;
}

static void fail(const char *what, int number) {
    fprintf(stderr, "echo-server: %s: %s\n", what, strerror(number));
    exit(1);
}

struct connection {
    uint16_t first, last; /* buffers to send, in the order of their arrival */
    uint16_t sending;     /* how many of them the send of this turn covers */
    bool open;
    bool receiving;
    bool queued;  /* in `to_send` */
    bool busy;    /* the rest of a short send is under way */
    bool broken;  /* nothing can be sent any more */
    bool starved; /* in `without_buffer` */
};

static struct ring ring;
static struct buffers buffers;
static int listener;
static bool accepting;

/* By descriptor. One that is closed comes again only after its completions: it is closed after the last of them. */
static struct connection *connections;
static int connection_limit;

/* Of each buffer: the data that is left to send in it, and the next one of its connection. */
static struct {
    uint32_t offset, length;
    uint16_t next;
} held[BUFFERS];

static int *to_send, *without_buffer; /* descriptors */
static int to_send_count, without_buffer_count;
static int sent_in_turn[SENDS_PER_TURN];
static int sent_count;
static struct msghdr messages[SENDS_PER_TURN];
static struct iovec parts[SENDS_PER_TURN][BUFFERS_PER_SEND];
static bool again; /* there is something to do after this turn's sends, even if nothing else happens */
static int free_buffers = BUFFERS;
static uint64_t echoes;
static char line[4096]; /* of standard input */

static void accept_connections(void) {
    struct io_uring_sqe *sqe = ring_sqe(&ring, IORING_OP_ACCEPT, listener, tag(ACCEPT, listener));
    sqe->ioprio = IORING_ACCEPT_MULTISHOT;
    sqe->accept_flags = SOCK_CLOEXEC;
    accepting = true;
}

static void read_line(void) {
    struct io_uring_sqe *sqe = ring_sqe(&ring, IORING_OP_READ, STDIN_FILENO, tag(STDIN, 0));
    sqe->addr = (uint64_t) (uintptr_t) line;
    sqe->len = sizeof line;
    sqe->off = UINT64_MAX; /* of a pipe: no position */
}

static void receive(int fd) {
    connections[fd].receiving = true;
    ring_receive(&ring, fd, tag(RECEIVE, fd));
}

static void queue_to_send(int fd) {
    struct connection *connection = &connections[fd];
    if (!connection->queued && !connection->busy) {
        connection->queued = true;
        to_send[to_send_count++] = fd;
    }
}

/* Gives the first buffer of the connection back. */
static void drop_first(struct connection *connection) {
    unsigned id = connection->first;
    connection->first = held[id].next;
    buffers_give(&buffers, id);
    free_buffers++;
}

static void close_if_over(int fd) {
    struct connection *connection = &connections[fd];
    if (!connection->open || connection->receiving || connection->starved || connection->queued || connection->busy
            || connection->sending > 0) {
        return;
    }
    if (connection->broken) {
        while (connection->first != NONE) {
            drop_first(connection);
        }
    }
    if (connection->first != NONE) {
        return; /* the client shut down its side only: it gets all of its bytes back */
    }
    connection->open = false;
    struct io_uring_sqe *sqe = ring_sqe(&ring, IORING_OP_CLOSE, fd, tag(CLOSE, fd));
    sqe->flags = IOSQE_CQE_SKIP_SUCCESS;
    if (!accepting) {
        accept_connections(); /* a descriptor is free again */
    }
}

static void accepted(const struct io_uring_cqe *cqe) {
    accepting = cqe->flags & IORING_CQE_F_MORE;
    if (cqe->res >= 0 && cqe->res < connection_limit) {
        connections[cqe->res] = (struct connection) {.first = NONE, .last = NONE, .open = true};
        receive(cqe->res);
    } else if (cqe->res != -EMFILE && cqe->res != -ENFILE && cqe->res != -ECONNABORTED) {
        fail("accept", -cqe->res);
    }
    if (!accepting && cqe->res != -EMFILE && cqe->res != -ENFILE) {
        accept_connections();
    }
}

static void received(int fd, const struct io_uring_cqe *cqe) {
    struct connection *connection = &connections[fd];
    connection->receiving = cqe->flags & IORING_CQE_F_MORE;
    if (cqe->res > 0) {
        uint16_t id = (uint16_t) (cqe->flags >> IORING_CQE_BUFFER_SHIFT);
        free_buffers--;
        held[id].offset = 0;
        held[id].length = (uint32_t) cqe->res;
        held[id].next = NONE;
        if (connection->first == NONE) {
            connection->first = id;
        } else {
            held[connection->last].next = id;
        }
        connection->last = id;
        echoes++;
        queue_to_send(fd);
        if (!connection->receiving) {
            receive(fd);
        }
    } else if (!connection->receiving) {
        if (cqe->res == -ENOBUFS) {
            connection->starved = true;
            without_buffer[without_buffer_count++] = fd;
        } else {
            connection->broken |= cqe->res < 0;
            close_if_over(fd);
        }
    }
}

/* One send for all buffers that wait, up to a limit. */
static void send_held(int fd) {
    struct connection *connection = &connections[fd];
    unsigned id = connection->first;
    unsigned count = 0;
    struct iovec *part = parts[sent_count];
    for (; id != NONE && count < BUFFERS_PER_SEND; id = held[id].next) {
        part[count].iov_base = buffers.memory + id * buffers.stride + held[id].offset;
        part[count++].iov_len = held[id].length;
    }
    connection->sending = (uint16_t) count;
    if (count == 1) {
        ring_send(&ring, fd, part->iov_base, (unsigned) part->iov_len, tag(SEND, fd));
    } else {
        messages[sent_count] = (struct msghdr) {.msg_iov = part, .msg_iovlen = count};
        ring_send(&ring, fd, &messages[sent_count], 1, tag(SEND, fd))->opcode = IORING_OP_SENDMSG;
    }
    sent_in_turn[sent_count++] = fd;
    again |= id != NONE || !connection->receiving; /* more to send, or to be closed */
}

static void send_all(void) {
    int done = 0;
    for (; done < to_send_count && sent_count < SENDS_PER_TURN; done++) {
        int fd = to_send[done];
        connections[fd].queued = false;
        if (connections[fd].first != NONE && !connections[fd].broken && !connections[fd].busy) {
            send_held(fd);
        } else {
            close_if_over(fd);
        }
    }
    to_send_count -= done;
    memmove(to_send, to_send + done, (size_t) to_send_count * sizeof *to_send);
}

static void broke(int fd) {
    connections[fd].broken = true;
    shutdown(fd, SHUT_RDWR); /* so that its receive ends; then it is closed */
}

/* Sends the first buffer that is left, when there is room for it. */
static void send_rest(int fd) {
    struct connection *connection = &connections[fd];
    unsigned id = connection->first;
    connection->busy = true;
    ring_send_later(&ring, fd, buffers.memory + id * buffers.stride + held[id].offset, held[id].length,
            tag(SEND_REST, fd));
}

/* `count` bytes of the buffers in front are sent. */
static void sent(struct connection *connection, uint32_t count) {
    while (count > 0) {
        unsigned id = connection->first;
        if (count < held[id].length) {
            held[id].offset += count;
            held[id].length -= count;
            return;
        }
        count -= held[id].length;
        drop_first(connection);
    }
}

/* A send of this turn did not take everything. */
static void sent_short(int fd, int result) {
    struct connection *connection = &connections[fd];
    connection->sending = 0; /* its buffers stay */
    if (result < 0 && result != -EAGAIN) {
        broke(fd);
        return;
    }
    sent(connection, result > 0 ? (uint32_t) result : 0);
    send_rest(fd);
}

static void rest_sent(int fd, int result) {
    struct connection *connection = &connections[fd];
    connection->busy = false;
    if (result < 0) {
        broke(fd);
    } else {
        sent(connection, (uint32_t) result);
    }
    queue_to_send(fd); /* what has come meanwhile */
    if (!connection->receiving) {
        close_if_over(fd);
    }
}

/* The sends of the last turn that posted nothing took everything. */
static void give_sent_buffers_back(void) {
    for (int i = 0; i < sent_count; i++) {
        struct connection *connection = &connections[sent_in_turn[i]];
        for (; connection->sending > 0; connection->sending--) {
            drop_first(connection);
        }
        if (connection->first != NONE) {
            queue_to_send(sent_in_turn[i]);
        } else if (!connection->receiving) {
            close_if_over(sent_in_turn[i]);
        }
    }
    sent_count = 0;
}

/* Starts the receives that ended for lack of a buffer: one for each that is free, so that it does not spin. */
static void receive_where_buffers_lacked(void) {
    for (int started = 0; without_buffer_count > 0 && started < free_buffers; started++) {
        int fd = without_buffer[--without_buffer_count];
        connections[fd].starved = false;
        receive(fd);
    }
}

static void answer(int length) {
    if (length <= 0) {
        exit(0);
    }
    for (int i = 0; i < length; i++) {
        if (line[i] == '\n') {
            printf("enters=%lu echoes=%lu\n", (unsigned long) ring.enters, (unsigned long) echoes);
        }
    }
    fflush(stdout);
    read_line();
}

static void turn(void) {
    ring_enter(&ring, again ? 0 : 1);
    unsigned head = *ring.cq_head;
    unsigned tail = __atomic_load_n(ring.cq_tail, __ATOMIC_ACQUIRE);
    for (; head != tail; head++) {
        const struct io_uring_cqe *cqe = &ring.cqes[head & ring.cq_mask];
        int fd = (int) (uint32_t) cqe->user_data;
        switch (cqe->user_data >> 56) {
        case ACCEPT:
            accepted(cqe);
            break;
        case RECEIVE:
            received(fd, cqe);
            break;
        case SEND:
            sent_short(fd, cqe->res);
            break;
        case SEND_REST:
            rest_sent(fd, cqe->res);
            break;
        case STDIN:
            answer(cqe->res);
            break;
        default:
            fail("close", -cqe->res);
        }
    }
    __atomic_store_n(ring.cq_head, head, __ATOMIC_RELEASE);
    give_sent_buffers_back();
    buffers_publish(&buffers);
    receive_where_buffers_lacked();
    again = false;
    send_all();
    again |= to_send_count > 0 || (without_buffer_count > 0 && sent_count > 0);
}

static void listen_anywhere(void) {
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1;
    setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* accepted sockets inherit it */
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    if (bind(listener, (struct sockaddr *) &address, length) != 0 || listen(listener, BACKLOG) != 0
            || getsockname(listener, (struct sockaddr *) &address, &length) != 0) {
        fail("listen", errno);
    }
    printf("listening %d\n", ntohs(address.sin_port));
    fflush(stdout);
}

int main(int argc, char **argv) {
    bool shared = argc > 1 && strcmp(argv[1], "shared") == 0;
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    connection_limit = files.rlim_max < 1 << 20 ? (int) files.rlim_max : 1 << 20;
    connections = calloc((size_t) connection_limit, sizeof *connections);
    to_send = calloc((size_t) connection_limit, sizeof *to_send);
    without_buffer = calloc((size_t) connection_limit, sizeof *without_buffer);
    if (connections == NULL || to_send == NULL || without_buffer == NULL) {
        fail("calloc", errno);
    }
    ring_open(&ring, RING_ENTRIES, COMPLETIONS, shared);
    buffers_open(&ring, &buffers, BUFFERS, BUFFER_BYTES);
    listen_anywhere();
    accept_connections();
    read_line();
    for (;;) {
        turn();
    }
}
