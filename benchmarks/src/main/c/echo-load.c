/*
 * Load for echo servers: keeps messages in flight on many connections with one thread, and measures.
 *
 * It reads commands from standard input and answers each with one line:
 *
 *   connect PORT CONNECTIONS BYTES      opens connections to 127.0.0.1:PORT for messages of BYTES bytes
 *     -> connected CONNECTIONS
 *   run active=A depth=D warm=MILLIS millis=MILLIS messages=M server=PID
 *     -> messages=.. nanos=.. server_cpu_nanos=.. load_cpu_nanos=.. server_user_ticks=.. server_system_ticks=..
 *        p50=.. p99=.. p999=.. max=..
 *     Each of the first A connections (0: all) keeps D messages in flight: the first D go out in one send, and
 *     what came back in one turn is answered by one send of as many messages. It runs for `warm`, measures for
 *     `millis`, then waits for what is in flight. With messages=M it sends exactly M messages and measures from
 *     the first send until the last one is back; warm and millis mean nothing then.
 *   churn PORT CONCURRENT warm=MILLIS millis=MILLIS server=PID
 *     -> the same line; a message is a connection that was opened, exchanged 64 bytes and was closed
 *   close                               closes the connections
 *     -> closed
 *
 * Times are in nanoseconds. Ticks are those of /proc/PID/stat. server=0: no figures of a server. A latency is
 * the time between the moment before the system call that sends a message and the moment after the one that
 * brought its last byte back, in a histogram of 0.8 % resolution. CPU time includes threads that have ended.
 *
 * Every message starts with eight bytes: the connection's number and the message's. They are compared in each
 * message that comes back, the other bytes in the first 100 of a connection. Whatever is not as it must be
 * (wrong bytes, an early close, no answer for 20 seconds) is answered by `error TEXT`, and the program ends
 * with 1.
 */
#define _GNU_SOURCE
#include "clock.h"
#include "ring.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <time.h>

enum {
    SENDS_PER_TURN = 256,
    RING_ENTRIES = 512, /* the sends of a turn and a few other requests */
    COMPLETIONS = 4096,
    BUFFERS = 512,
    BUFFER_BYTES = 16384,
    COMPARED_WHOLE = 100,
    CONNECTIONS_PER_ADDRESS = 10000, /* of about 28,000 ports */
    ADDRESSES = 250,
    CHURN_BYTES = 64,
    CHURN_LIMIT = 10000,
};
static const uint64_t MILLI = 1000000;
static const uint64_t PATIENCE = 20 * 1000000000ull;

/* What a completion belongs to: the upper byte of its user data; the lower ones are a number. */
enum { RECEIVE, SEND, SEND_REST, TIMER, CANCEL, CHURN };
static uint64_t tag(int kind, uint64_t number) {
    return (uint64_t) kind << 56 | number;
}

static void error(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
static void error(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("error ", stdout);
    vprintf(format, arguments);
    putchar('\n');
    fflush(stdout);
    va_end(arguments);
    exit(1);
}
static void fail(const char *what, int number) {
    error("%s: %s", what, strerror(number));
}

static struct ring ring;
static struct buffers buffers;

/* --- figures ------------------------------------------------------------------------------------------- */

/* Log-linear: exact below 256, then 128 buckets for each power of two. */
enum { BUCKETS = 58 * 128 };
static uint64_t histogram[BUCKETS];
static uint64_t slowest;

static unsigned bucket(uint64_t nanos) {
    if (nanos < 256) {
        return (unsigned) nanos;
    }
    unsigned shift = 63 - 7 - (unsigned) __builtin_clzll(nanos);
    return shift * 128 + (unsigned) (nanos >> shift);
}

static uint64_t highest_of(unsigned bucket) {
    if (bucket < 256) {
        return bucket;
    }
    unsigned shift = bucket / 128 - 1;
    return ((uint64_t) (bucket - shift * 128 + 1) << shift) - 1;
}

static void record(uint64_t nanos) {
    histogram[bucket(nanos)]++;
    if (nanos > slowest) {
        slowest = nanos;
    }
}

static uint64_t percentile(double share, uint64_t count) {
    uint64_t rank = (uint64_t) (share * (double) count + 0.999999);
    uint64_t seen = 0;
    for (unsigned i = 0; i < BUCKETS; i++) {
        seen += histogram[i];
        if (seen >= rank && seen > 0) {
            return highest_of(i) < slowest ? highest_of(i) : slowest;
        }
    }
    return slowest;
}

struct reading {
    uint64_t nanos, server_cpu, load_cpu;
    unsigned long user_ticks, system_ticks;
};

static void read_ticks(int pid, struct reading *reading) {
    char path[64], stat[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        fail(path, errno);
    }
    stat[fread(stat, 1, sizeof stat - 1, file)] = 0;
    fclose(file);
    char *after_name = strrchr(stat, ')'); /* the name may contain anything */
    if (after_name == NULL
            || sscanf(after_name + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &reading->user_ticks,
                       &reading->system_ticks)
                    != 2) {
        error("%s has another format", path);
    }
}

static struct reading figures_of_now(int server) {
    struct reading reading = {0};
    if (server > 0) {
        /* The CPU-time clock of another process: clock_getcpuclockid(3). */
        reading.server_cpu = clock_nanos((clockid_t) (~(unsigned) server << 3 | 2));
        read_ticks(server, &reading);
    }
    reading.load_cpu = clock_nanos(CLOCK_PROCESS_CPUTIME_ID);
    reading.nanos = clock_nanos(CLOCK_MONOTONIC);
    return reading;
}

/* --- what a run does, and when ------------------------------------------------------------------------- */

enum phase { IDLE, WARMING, MEASURING, DRAINING };
static enum phase phase;
static uint64_t phase_number, phase_end; /* nanoseconds; UINT64_MAX: ends in another way */
static uint64_t now;                     /* after the last system call */
static uint64_t back_at;                 /* when a message last came back */
static uint64_t back, in_flight, left_to_send;
static struct reading first, last;
static int server;

/* A timer wakes the loop at the phase's end, and once a second to look whether anything happens. */
static void set_timer(void) {
    static struct __kernel_timespec times[16]; /* read by the kernel when it is submitted: in this turn */
    static unsigned next;
    uint64_t at = phase_end < now + SECOND ? phase_end : now + SECOND;
    struct __kernel_timespec *time = &times[next++ % 16];
    time->tv_sec = (int64_t) (at / SECOND);
    time->tv_nsec = (long long) (at % SECOND);
    struct io_uring_sqe *sqe = ring_sqe(&ring, IORING_OP_TIMEOUT, -1, tag(TIMER, phase_number));
    sqe->addr = (uint64_t) (uintptr_t) time;
    sqe->len = 1;
    sqe->timeout_flags = IORING_TIMEOUT_ABS;
}

static void begin_phase(enum phase next, uint64_t millis) {
    phase = next;
    phase_number++; /* timers of earlier phases mean nothing any more */
    phase_end = millis == UINT64_MAX ? UINT64_MAX : now + millis * MILLI;
    set_timer();
}

static void timer_fired(uint64_t number) {
    if (number == phase_number && phase != IDLE) {
        if (in_flight > 0 && now - back_at > PATIENCE) {
            error("no answer for 20 s, %lu in flight", (unsigned long) in_flight);
        }
        set_timer();
    }
}

static void begin_measuring(uint64_t millis) {
    memset(histogram, 0, sizeof histogram);
    slowest = 0;
    back = 0;
    first = figures_of_now(server);
    now = first.nanos;
    begin_phase(MEASURING, millis);
}

static void end_measuring(void) {
    last = figures_of_now(server);
    begin_phase(DRAINING, UINT64_MAX);
}

static uint64_t measured; /* what came back within the window: later ones count no more */

static void advance(uint64_t measure_millis, bool all_back) {
    if (phase == WARMING && now >= phase_end) {
        begin_measuring(measure_millis);
    } else if (phase == MEASURING && (now >= phase_end || all_back)) {
        measured = back;
        end_measuring();
    }
}

static bool sending(void) {
    return phase == WARMING || phase == MEASURING;
}

static void came_back(uint64_t stamp) {
    back++;
    in_flight--;
    back_at = now;
    if (phase == MEASURING) {
        record(now - stamp);
    }
}

static void answer(void) {
    printf("messages=%lu nanos=%lu server_cpu_nanos=%lu load_cpu_nanos=%lu server_user_ticks=%lu"
           " server_system_ticks=%lu p50=%lu p99=%lu p999=%lu max=%lu\n",
            (unsigned long) measured, (unsigned long) (last.nanos - first.nanos),
            (unsigned long) (last.server_cpu - first.server_cpu), (unsigned long) (last.load_cpu - first.load_cpu),
            last.user_ticks - first.user_ticks, last.system_ticks - first.system_ticks,
            (unsigned long) percentile(0.5, measured), (unsigned long) percentile(0.99, measured),
            (unsigned long) percentile(0.999, measured), (unsigned long) slowest);
}

/* --- connections --------------------------------------------------------------------------------------- */

struct connection {
    int fd;
    uint32_t index;
    uint64_t sent, received; /* whole messages */
    uint32_t position;       /* bytes that are here of the message that comes next */
    uint32_t due;            /* messages to send */
    uint32_t send_bytes;     /* of the last send */
    bool queued;             /* in `to_send` */
    bool busy;               /* `rest` is being sent */
    bool receiving;
    const unsigned char *send_data; /* of the last send: valid until the turn's end */
    unsigned char *rest;
};

static struct connection *connections;
static unsigned connection_count, receiving_count, busy_count;
static unsigned bytes; /* of a message */
static unsigned char *pattern;

static uint64_t *stamps; /* when the messages in flight were sent: a ring of `stamp_ring` for each connection */
static unsigned stamp_ring;

static struct connection **to_send; /* a queue: connections that have something due */
static unsigned to_send_head, to_send_count;

static uint64_t *stamp_of(struct connection *connection, uint64_t message) {
    return &stamps[(uint64_t) connection->index * stamp_ring + (message & (stamp_ring - 1))];
}

static uint64_t header_of(struct connection *connection, uint64_t message) {
    return (uint64_t) connection->index << 40 | message;
}

static void queue_to_send(struct connection *connection) {
    if (!connection->queued && !connection->busy && connection->due > 0) {
        connection->queued = true;
        to_send[(to_send_head + to_send_count++) % connection_count] = connection;
    }
}

static void mismatch(struct connection *connection) {
    error("connection %u: message %lu came back wrong", connection->index, (unsigned long) connection->received);
}

static void message_back(struct connection *connection) {
    came_back(*stamp_of(connection, connection->received));
    connection->received++;
    connection->due++;
}

/* Compares `count` bytes of the next message, from `position` on, with what was sent. */
static void compare(struct connection *connection, const unsigned char *data, unsigned position, unsigned count) {
    unsigned end = position + count;
    if (position < 8) {
        uint64_t header = header_of(connection, connection->received);
        unsigned head = (end < 8 ? end : 8) - position;
        if (memcmp(data, (unsigned char *) &header + position, head) != 0) {
            mismatch(connection);
        }
        data += head;
        position += head;
    }
    if (connection->received < COMPARED_WHOLE && memcmp(data, pattern + position, end - position) != 0) {
        mismatch(connection);
    }
}

static void received(struct connection *connection, const unsigned char *data, unsigned count) {
    while (count > 0) {
        if (connection->received == connection->sent) {
            error("connection %u: more came back than was sent", connection->index);
        }
        unsigned rest = bytes - connection->position;
        unsigned part = count < rest ? count : rest;
        if (part == bytes && connection->received >= COMPARED_WHOLE) { /* nearly always */
            uint64_t header;
            memcpy(&header, data, sizeof header);
            if (header != header_of(connection, connection->received)) {
                mismatch(connection);
            }
        } else {
            compare(connection, data, connection->position, part);
        }
        data += part;
        count -= part;
        connection->position += part;
        if (connection->position == bytes) {
            connection->position = 0;
            message_back(connection);
        }
    }
}

/* The memory that a turn's sends are made in: a send is over when its turn's system call is (see ring.h). */
static unsigned char *slots;
static unsigned filled_slots, slot_bytes;

static void fill(unsigned slot) {
    for (unsigned at = 0; at < slot_bytes; at += bytes) {
        memcpy(slots + (size_t) slot * slot_bytes + at, pattern, bytes);
    }
}

static void send_due(void) {
    if (to_send_count == 0) {
        return;
    }
    uint64_t stamp = clock_nanos(CLOCK_MONOTONIC);
    for (unsigned slot = 0; slot < SENDS_PER_TURN && to_send_count > 0; slot++) {
        struct connection *connection = to_send[to_send_head];
        to_send_head = to_send_head + 1 == connection_count ? 0 : to_send_head + 1;
        to_send_count--;
        connection->queued = false;
        unsigned count = connection->due < left_to_send ? connection->due : (unsigned) left_to_send;
        connection->due = 0;
        if (count == 0) {
            continue;
        }
        left_to_send -= count;
        in_flight += count;
        if (slot == filled_slots) {
            fill(filled_slots++);
        }
        unsigned char *data = slots + (size_t) slot * slot_bytes;
        for (unsigned i = 0; i < count; i++) {
            uint64_t header = header_of(connection, connection->sent);
            memcpy(data + (size_t) i * bytes, &header, sizeof header);
            *stamp_of(connection, connection->sent) = stamp;
            connection->sent++;
        }
        connection->send_data = data;
        connection->send_bytes = count * bytes;
        ring_send(&ring, connection->fd, data, count * bytes, tag(SEND, connection->index));
    }
}

/* The socket's buffer took only a part: the rest goes out of memory of its own, and nothing else until then. */
static void send_rest(struct connection *connection, int result) {
    if (result < 0 && result != -EAGAIN) {
        error("connection %u: send: %s", connection->index, strerror(-result));
    }
    unsigned done = result < 0 ? 0 : (unsigned) result;
    unsigned rest = connection->send_bytes - done;
    connection->rest = malloc(rest);
    if (connection->rest == NULL) {
        fail("malloc", errno);
    }
    memcpy(connection->rest, connection->send_data + done, rest);
    connection->send_bytes = rest;
    connection->busy = true;
    busy_count++;
    ring_send_later(&ring, connection->fd, connection->rest, rest, tag(SEND_REST, connection->index));
}

static void rest_sent(struct connection *connection, int result) {
    if (result != (int) connection->send_bytes) {
        error("connection %u: send: %s", connection->index, result < 0 ? strerror(-result) : "incomplete");
    }
    free(connection->rest);
    connection->rest = NULL;
    connection->busy = false;
    busy_count--;
    queue_to_send(connection);
}

static bool closing;

static void receive(struct connection *connection) {
    connection->receiving = true;
    receiving_count++;
    ring_receive(&ring, connection->fd, tag(RECEIVE, connection->index));
}

static void receive_completed(struct connection *connection, struct io_uring_cqe *cqe) {
    if (cqe->res > 0) {
        unsigned id = cqe->flags >> IORING_CQE_BUFFER_SHIFT;
        received(connection, buffers.memory + id * buffers.stride, (unsigned) cqe->res);
        buffers_give(&buffers, id);
        if (sending()) {
            queue_to_send(connection);
        }
    }
    if (cqe->flags & IORING_CQE_F_MORE) {
        return;
    }
    connection->receiving = false;
    receiving_count--;
    if (closing) {
        return;
    }
    if (cqe->res == 0) {
        error("connection %u: the server closed it", connection->index);
    }
    if (cqe->res < 0 && cqe->res != -ENOBUFS) {
        error("connection %u: receive: %s", connection->index, strerror(-cqe->res));
    }
    receive(connection); /* there are buffers again: all were given back in this turn */
}

/* --- churn --------------------------------------------------------------------------------------------- */

struct visit {
    int fd;
    uint64_t stamp;
    unsigned char out[CHURN_BYTES], in[CHURN_BYTES];
};

static struct visit *visits;
static uint64_t visit_count;
static struct sockaddr_in churn_address;

static void visit(unsigned index) {
    struct visit *visit = &visits[index];
    visit->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (visit->fd < 0) {
        fail("socket", errno);
    }
    /* Closing resets the connection: TIME_WAIT would hold each port for a minute and use all of them up. */
    struct linger reset = {.l_onoff = 1, .l_linger = 0};
    setsockopt(visit->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    visit_count++;
    memcpy(visit->out, &visit_count, sizeof visit_count);
    memset(visit->in, 0, sizeof visit->in);
    visit->stamp = clock_nanos(CLOCK_MONOTONIC);
    in_flight++;
    ring_room(&ring, 3);
    /* One after the other without us; only the last one, or what fails, posts a completion. */
    struct io_uring_sqe *sqe = ring_sqe(&ring, IORING_OP_CONNECT, visit->fd, tag(CHURN, index));
    sqe->addr = (uint64_t) (uintptr_t) &churn_address;
    sqe->off = sizeof churn_address;
    sqe->flags = IOSQE_IO_LINK | IOSQE_CQE_SKIP_SUCCESS;
    sqe = ring_sqe(&ring, IORING_OP_SEND, visit->fd, tag(CHURN, index));
    sqe->addr = (uint64_t) (uintptr_t) visit->out;
    sqe->len = CHURN_BYTES;
    sqe->msg_flags = MSG_WAITALL | MSG_NOSIGNAL;
    sqe->flags = IOSQE_IO_LINK | IOSQE_CQE_SKIP_SUCCESS;
    sqe = ring_sqe(&ring, IORING_OP_RECV, visit->fd, tag(CHURN, index));
    sqe->addr = (uint64_t) (uintptr_t) visit->in;
    sqe->len = CHURN_BYTES;
    sqe->msg_flags = MSG_WAITALL;
}

static void visit_completed(unsigned index, int result) {
    struct visit *done = &visits[index];
    if (result < 0) {
        error("connect, send or receive: %s", strerror(-result));
    }
    if (result != CHURN_BYTES) {
        error("a connection ended after %d of %d bytes", result, CHURN_BYTES);
    }
    if (memcmp(done->in, done->out, CHURN_BYTES) != 0) {
        error("a connection's message came back wrong");
    }
    close(done->fd);
    came_back(done->stamp);
    if (sending()) {
        visit(index);
    }
}

/* --- the loop ------------------------------------------------------------------------------------------ */

/* One system call, and what it brought. */
static void turn(unsigned wait_for) {
    ring_enter(&ring, wait_for);
    now = clock_nanos(CLOCK_MONOTONIC);
    unsigned head = *ring.cq_head;
    unsigned tail = __atomic_load_n(ring.cq_tail, __ATOMIC_ACQUIRE);
    for (; head != tail; head++) {
        struct io_uring_cqe *cqe = &ring.cqes[head & ring.cq_mask];
        uint32_t number = (uint32_t) cqe->user_data;
        switch (cqe->user_data >> 56) {
        case RECEIVE:
            receive_completed(&connections[number], cqe);
            break;
        case SEND:
            send_rest(&connections[number], cqe->res);
            break;
        case SEND_REST:
            rest_sent(&connections[number], cqe->res);
            break;
        case TIMER:
            timer_fired(number);
            break;
        case CHURN:
            visit_completed(number, cqe->res);
            break;
        default: /* CANCEL */
            break;
        }
    }
    buffers_publish(&buffers);
    __atomic_store_n(ring.cq_head, head, __ATOMIC_RELEASE);
}

/* --- commands ------------------------------------------------------------------------------------------ */

static struct sockaddr_in loopback(unsigned last_byte, unsigned port) {
    return (struct sockaddr_in) {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t) port),
        .sin_addr.s_addr = htonl(0x7f000000u + last_byte),
    };
}

/* Address after address, also from one `connect` to the next: a closed connection's port is taken for a minute. */
static int open_connection(unsigned port) {
    static unsigned opened;
    unsigned address = 1 + opened++ / CONNECTIONS_PER_ADDRESS % ADDRESSES;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        fail("socket", errno);
    }
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on); /* the port is chosen by connect */
    struct sockaddr_in from = loopback(address, 0), to = loopback(1, port);
    if (bind(fd, (struct sockaddr *) &from, sizeof from) != 0) {
        fail("bind", errno);
    }
    if (connect(fd, (struct sockaddr *) &to, sizeof to) != 0) {
        fail("connect", errno);
    }
    return fd;
}

static void *allocate(size_t count, size_t size) {
    void *at = calloc(count, size);
    if (at == NULL) {
        fail("calloc", errno);
    }
    return at;
}

static void open_connections(unsigned port, unsigned count, unsigned message_bytes) {
    if (connection_count > 0) {
        error("connect: close the others first");
    }
    if (count < 1 || message_bytes < 8 || message_bytes > 1 << 20) {
        error("connect: needs a connection and messages of 8 to 1048576 bytes");
    }
    bytes = message_bytes;
    pattern = allocate(bytes, 1);
    for (unsigned i = 0; i < bytes; i++) {
        pattern[i] = (unsigned char) (i * 31 + i / 256 + 7);
    }
    connections = allocate(count, sizeof *connections);
    to_send = allocate(count, sizeof(struct connection *));
    for (connection_count = 0; connection_count < count; connection_count++) {
        struct connection *connection = &connections[connection_count];
        connection->index = connection_count;
        connection->fd = open_connection(port);
        receive(connection);
    }
    turn(0);
    printf("connected %u\n", count);
}

static void run(unsigned active, unsigned depth, uint64_t warm, uint64_t millis, uint64_t messages) {
    active = active == 0 ? connection_count : active;
    if (active < 1 || active > connection_count || depth < 1 || (uint64_t) depth * bytes > 1 << 20) {
        error("run: needs as many connections as are active, a depth from 1 on, at most 1 MiB in flight on each");
    }
    for (stamp_ring = 1; stamp_ring < depth;) {
        stamp_ring *= 2;
    }
    stamps = allocate((size_t) connection_count * stamp_ring, sizeof *stamps);
    slot_bytes = depth * bytes;
    filled_slots = 0;
    slots = map((size_t) SENDS_PER_TURN * slot_bytes, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    to_send_head = to_send_count = 0;
    for (unsigned i = 0; i < active; i++) {
        connections[i].due = depth;
        queue_to_send(&connections[i]);
    }
    left_to_send = messages > 0 ? messages : UINT64_MAX;
    now = back_at = clock_nanos(CLOCK_MONOTONIC);
    if (messages > 0) {
        begin_measuring(UINT64_MAX);
    } else {
        begin_phase(WARMING, warm);
    }
    while (phase != DRAINING || in_flight > 0 || busy_count > 0) {
        if (sending()) {
            send_due();
        }
        turn(to_send_count > 0 && sending() ? 0 : 1); /* not more than some sends a turn */
        advance(millis, messages > 0 && back == messages);
    }
    phase = IDLE;
    for (unsigned i = 0; i < active; i++) {
        connections[i].due = 0;
        connections[i].queued = false;
    }
    munmap(slots, (size_t) SENDS_PER_TURN * slot_bytes);
    free(stamps);
    answer();
}

static void churn(unsigned port, unsigned concurrent, uint64_t warm, uint64_t millis) {
    if (concurrent < 1 || concurrent > CHURN_LIMIT) {
        error("churn: from 1 to %d at once", CHURN_LIMIT);
    }
    churn_address = loopback(1, port);
    visits = allocate(concurrent, sizeof *visits);
    now = back_at = clock_nanos(CLOCK_MONOTONIC);
    begin_phase(WARMING, warm);
    for (unsigned i = 0; i < concurrent; i++) {
        for (unsigned at = 0; at < CHURN_BYTES; at++) {
            visits[i].out[at] = (unsigned char) (at * 31 + i);
        }
        visit(i);
    }
    while (phase != DRAINING || in_flight > 0) {
        turn(1);
        advance(millis, false);
    }
    phase = IDLE;
    free(visits);
    answer();
}

/* The receives end first: while one is under way the kernel keeps the connection open. */
static void close_connections(void) {
    closing = true;
    struct io_uring_sqe *sqe = ring_sqe(&ring, IORING_OP_ASYNC_CANCEL, -1, tag(CANCEL, 0));
    sqe->cancel_flags = IORING_ASYNC_CANCEL_ANY | IORING_ASYNC_CANCEL_ALL;
    while (receiving_count > 0) {
        turn(1);
    }
    closing = false;
    for (unsigned i = 0; i < connection_count; i++) {
        close(connections[i].fd);
    }
    connection_count = 0;
    free(connections);
    free(to_send);
    free(pattern);
    puts("closed");
}

static uint64_t option(const char *line, const char *name) {
    size_t length = strlen(name);
    for (const char *at = line; (at = strstr(at, name)) != NULL; at += length) {
        if (at[-1] == ' ' && at[length] == '=') {
            return strtoull(at + length + 1, NULL, 10);
        }
    }
    return 0;
}

int main(void) {
    ring_open(&ring, RING_ENTRIES, COMPLETIONS, false);
    buffers_open(&ring, &buffers, BUFFERS, BUFFER_BYTES);
    char line[256];
    while (fgets(line, sizeof line, stdin) != NULL) {
        unsigned port, count, size;
        server = (int) option(line, "server");
        if (sscanf(line, "connect %u %u %u", &port, &count, &size) == 3) {
            open_connections(port, count, size);
        } else if (sscanf(line, "churn %u %u", &port, &count) == 2) {
            churn(port, count, option(line, "warm"), option(line, "millis"));
        } else if (strncmp(line, "run ", 4) == 0) {
            run((unsigned) option(line, "active"), (unsigned) option(line, "depth"), option(line, "warm"),
                    option(line, "millis"), option(line, "messages"));
        } else if (strcmp(line, "close\n") == 0) {
            close_connections();
        } else {
            error("not a command: %.*s", (int) strcspn(line, "\n"), line);
        }
        fflush(stdout);
    }
    return 0;
}
