package io.iocp.demo.kv;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;

/** The service of a test: a store with a clock that stands still, and one client that talks to it. */
final class Kv {

    static final long START_MILLIS = 1_000_000_000_000L;
    static final String WRONG_TYPE = "(error) WRONGTYPE Operation against a key holding the wrong kind of value";
    static final String NOT_AN_INTEGER = "(error) ERR value is not an integer or out of range";
    static final String SYNTAX = "(error) ERR syntax error";

    /** What the store asked its scheduler for. */
    record Scheduled(Bytes key, long deadlineMillis) {}

    final ManualClock clock = new ManualClock(START_MILLIS);
    final List<Scheduled> scheduled = new ArrayList<>();
    final KvStore store = new KvStore(clock, (key, deadline) -> scheduled.add(new Scheduled(key, deadline)), 7);
    final KvCommands commands = new KvCommands(store, facts(), clock);
    final KvSession session = new KvSession(commands, "10.0.0.1:5000", "10.0.0.2:6380");
    final Feed feed = new Feed(session);
    final RespWriter out = new RespWriter();

    private static ServerFacts facts() {
        return new ServerFacts() {
            @Override
            public Instant startedAt() {
                return Instant.ofEpochMilli(START_MILLIS - 90_000);
            }

            @Override
            public int tcpPort() {
                return 6380;
            }

            @Override
            public String engine() {
                return "nio";
            }

            @Override
            public String engineReason() {
                return "io_uring_setup failed with EPERM:\nlikely seccomp";
            }

            @Override
            public int maxClients() {
                return 10_000;
            }

            @Override
            public long usedMemoryBytes() {
                return 3 << 19;
            }

            @Override
            public long maxMemoryBytes() {
                return 1 << 30;
            }

            @Override
            public long processId() {
                return 42;
            }
        };
    }

    /** Sends one command and returns its reply as redis-cli would print it, arrays in brackets. */
    String call(String... arguments) {
        feed.received(ByteBuffer.wrap(request(arguments)), out);
        return read(reply());
    }

    /** Sends text as it is and returns the raw replies. */
    String raw(String request) {
        feed.received(ByteBuffer.wrap(request.getBytes(StandardCharsets.ISO_8859_1)), out);
        return reply();
    }

    /** Takes what was replied, as if it was sent at once. */
    String reply() {
        ByteBuffer taken = out.take();
        String text = StandardCharsets.ISO_8859_1.decode(taken.duplicate()).toString();
        out.sent(taken);
        return text;
    }

    /** A command as clients send it. */
    static byte[] request(String... arguments) {
        StringBuilder text = new StringBuilder("*" + arguments.length + "\r\n");
        for (String argument : arguments) {
            text.append('$')
                    .append(argument.length())
                    .append("\r\n")
                    .append(argument)
                    .append("\r\n");
        }
        return text.toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    /** Reads one reply, which must be all there is. */
    static String read(String reply) {
        int[] at = new int[1];
        String text = read(reply, at);
        if (at[0] != reply.length()) {
            throw new AssertionError("more than one reply: " + reply);
        }
        return text;
    }

    private static String read(String reply, int[] at) {
        int end = reply.indexOf("\r\n", at[0]);
        String line = reply.substring(at[0] + 1, end);
        char type = reply.charAt(at[0]);
        at[0] = end + 2;
        return switch (type) {
            case '+' -> line;
            case '-' -> "(error) " + line;
            case ':' -> "(integer) " + line;
            case '$' -> readBulk(reply, at, Integer.parseInt(line));
            case '*' -> readArray(reply, at, Integer.parseInt(line));
            default -> throw new AssertionError("no reply: " + reply);
        };
    }

    private static String readBulk(String reply, int[] at, int length) {
        if (length < 0) {
            return "(nil)";
        }
        String value = reply.substring(at[0], at[0] + length);
        at[0] += length + 2;
        return '"' + value + '"';
    }

    private static String readArray(String reply, int[] at, int length) {
        if (length < 0) {
            return "(nil array)";
        }
        StringJoiner elements = new StringJoiner(" ", "[", "]");
        for (int element = 0; element < length; element++) {
            elements.add(read(reply, at));
        }
        return elements.toString();
    }
}
