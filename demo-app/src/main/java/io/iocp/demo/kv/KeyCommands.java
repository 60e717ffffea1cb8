package io.iocp.demo.kv;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The commands about keys of any type and about all keys. */
final class KeyCommands {

    private static final String GROUP = "generic";
    private static final byte[] PEXPIREAT = {'P', 'E', 'X', 'P', 'I', 'R', 'E', 'A', 'T'};
    private static final long DEFAULT_SCAN_COUNT = 10;

    private final KvStore store;

    KeyCommands(KvStore store) {
        this.store = store;
    }

    List<Command> table() {
        return List.of(
                Command.onKeys("del", -2, "write", -1, 1, GROUP, "1.0.0", "Delete a key", this::del),
                Command.onKeys(
                        "exists",
                        -2,
                        "readonly fast",
                        -1,
                        1,
                        GROUP,
                        "1.0.0",
                        "Determine if a key exists",
                        this::exists),
                Command.onKey(
                        "expire",
                        -3,
                        "write fast",
                        GROUP,
                        "1.0.0",
                        "Set a key's time to live in seconds",
                        call -> expire(call, true, store.nowMillis())),
                Command.onKey(
                        "pexpire",
                        -3,
                        "write fast",
                        GROUP,
                        "2.6.0",
                        "Set a key's time to live in milliseconds",
                        call -> expire(call, false, store.nowMillis())),
                Command.onKey(
                        "expireat",
                        -3,
                        "write fast",
                        GROUP,
                        "1.2.0",
                        "Set the expiration for a key as a UNIX timestamp",
                        call -> expire(call, true, 0)),
                Command.onKey(
                        "pexpireat",
                        -3,
                        "write fast",
                        GROUP,
                        "2.6.0",
                        "Set the expiration for a key as a UNIX timestamp specified in milliseconds",
                        call -> expire(call, false, 0)),
                Command.onKey(
                        "ttl",
                        2,
                        "readonly fast",
                        GROUP,
                        "1.0.0",
                        "Get the time to live for a key in seconds",
                        call -> ttl(call, true)),
                Command.onKey(
                        "pttl",
                        2,
                        "readonly fast",
                        GROUP,
                        "2.6.0",
                        "Get the time to live for a key in milliseconds",
                        call -> ttl(call, false)),
                Command.onKey(
                        "persist", 2, "write fast", GROUP, "2.2.0", "Remove the expiration from a key", this::persist),
                Command.onKey(
                        "type", 2, "readonly fast", GROUP, "1.0.0", "Determine the type stored at key", this::type),
                Command.onEverything(
                        "keys", 2, "readonly", GROUP, "1.0.0", "Find all keys matching the given pattern", this::keys),
                Command.onNothing(
                        "scan", -2, "readonly", GROUP, "2.8.0", "Incrementally iterate the keys space", this::scan),
                Command.onEverything(
                        "dbsize",
                        1,
                        "readonly fast",
                        "server",
                        "1.0.0",
                        "Return the number of keys in the selected database",
                        this::dbsize),
                Command.onEverything(
                        "flushdb",
                        -1,
                        "write",
                        "server",
                        "1.0.0",
                        "Remove all keys from the current database",
                        this::flush),
                Command.onEverything(
                        "flushall", -1, "write", "server", "1.0.0", "Remove all keys from all databases", this::flush));
    }

    /**
     * The deadline that a client means.
     *
     * @param given seconds or milliseconds
     * @param nowMillis what they are counted from
     */
    static long deadline(long given, boolean seconds, long nowMillis, String command) {
        try {
            long millis = seconds ? Math.multiplyExact(given, 1000L) : given;
            long deadline = Math.addExact(millis, nowMillis);
            if (deadline != Entry.NEVER) {
                return deadline;
            }
        } catch (ArithmeticException beyond) {
            // Same answer as for the one deadline that means none.
        }
        throw CommandError.invalidExpireTime(command);
    }

    private void del(Invocation call) {
        int removed = 0;
        for (Bytes key : call.keys()) {
            if (store.remove(key)) {
                removed++;
            }
        }
        if (removed > 0) {
            store.changed(call);
        }
        call.out().integer(removed);
    }

    private void exists(Invocation call) {
        int found = 0;
        for (Bytes key : call.keys()) {
            if (store.find(key) != null) {
                found++;
            }
        }
        call.out().integer(found);
    }

    /** @param fromMillis what the time given is counted from */
    private void expire(Invocation call, boolean seconds, long fromMillis) {
        long given = call.number(2);
        boolean onlyMortal = false;
        boolean onlyImmortal = false;
        boolean onlyLater = false;
        boolean onlyEarlier = false;
        for (int at = 3; at < call.count(); at++) {
            switch (Ascii.lowerCase(call.argument(at))) {
                case "nx" -> onlyImmortal = true;
                case "xx" -> onlyMortal = true;
                case "gt" -> onlyLater = true;
                case "lt" -> onlyEarlier = true;
                default -> throw new CommandError("ERR Unsupported option " + Ascii.latin1(call.argument(at), 128));
            }
        }
        if (onlyImmortal && (onlyMortal || onlyLater || onlyEarlier)) {
            throw new CommandError("ERR NX and XX, GT or LT options at the same time are not compatible");
        }
        if (onlyLater && onlyEarlier) {
            throw new CommandError("ERR GT and LT options at the same time are not compatible");
        }
        long deadline = deadline(given, seconds, fromMillis, call.name());

        Entry entry = store.find(call.key());
        // A key without deadline counts as one with an infinite one.
        boolean refused = entry == null
                || (onlyImmortal && entry.deadlineMillis != Entry.NEVER)
                || (onlyMortal && entry.deadlineMillis == Entry.NEVER)
                || (onlyLater && deadline <= entry.deadlineMillis)
                || (onlyEarlier && deadline >= entry.deadlineMillis);
        if (entry != null && !refused && store.expireAt(entry, deadline)) {
            store.changed(call, PEXPIREAT, call.argument(1), Ascii.digits(deadline));
        }
        call.out().integer(refused ? 0 : 1);
    }

    private void ttl(Invocation call, boolean seconds) {
        Entry entry = store.find(call.key());
        if (entry == null) {
            call.out().integer(-2);
        } else if (entry.deadlineMillis == Entry.NEVER) {
            call.out().integer(-1);
        } else {
            long millis = Math.max(0, entry.deadlineMillis - store.nowMillis());
            call.out().integer(seconds ? (millis + 500) / 1000 : millis);
        }
    }

    private void persist(Invocation call) {
        Entry entry = store.find(call.key());
        boolean wasMortal = entry != null && entry.deadlineMillis != Entry.NEVER;
        if (entry != null && wasMortal) {
            store.expireAt(entry, Entry.NEVER);
            store.changed(call);
        }
        call.out().integer(wasMortal ? 1 : 0);
    }

    private void type(Invocation call) {
        Entry entry = store.find(call.key());
        call.out().simple(entry == null ? "none" : entry.value.typeName());
    }

    private void keys(Invocation call) {
        Glob glob = new Glob(call.argument(1));
        List<Bytes> found = new ArrayList<>();
        store.forEach(entry -> {
            if (glob.matches(entry.key)) {
                found.add(entry.key);
            }
        });
        writeAll(call.out(), found);
    }

    private void scan(Invocation call) {
        long cursor = cursor(call.argument(1));
        Glob glob = null;
        String type = null;
        long count = DEFAULT_SCAN_COUNT;
        for (int at = 2; at < call.count(); at += 2) {
            if (at + 1 == call.count()) {
                throw CommandError.syntax();
            }
            switch (Ascii.lowerCase(call.argument(at))) {
                case "match" -> glob = new Glob(call.argument(at + 1));
                case "type" -> type = Ascii.lowerCase(call.argument(at + 1));
                case "count" -> {
                    count = call.number(at + 1);
                    if (count < 1) {
                        throw CommandError.syntax();
                    }
                }
                default -> throw CommandError.syntax();
            }
        }
        List<Bytes> found = new ArrayList<>();
        @Nullable Glob wanted = glob;
        @Nullable String wantedType = type;
        long next = store.scan(cursor, count, entry -> {
            if ((wanted == null || wanted.matches(entry.key))
                    && (wantedType == null || wantedType.equals(entry.value.typeName()))) {
                found.add(entry.key);
            }
        });
        call.out().array(2);
        call.out().bulk(Long.toUnsignedString(next));
        writeAll(call.out(), found);
    }

    private static long cursor(byte[] text) {
        try {
            return Long.parseUnsignedLong(Ascii.latin1(text, text.length));
        } catch (NumberFormatException none) {
            throw new CommandError("ERR invalid cursor");
        }
    }

    private void dbsize(Invocation call) {
        call.out().integer(store.counts().keys());
    }

    private void flush(Invocation call) {
        if (call.count() > 2 || (call.count() == 2 && !call.isWord(1, "async") && !call.isWord(1, "sync"))) {
            throw CommandError.syntax();
        }
        store.clear();
        store.changed(call);
        call.out().ok();
    }

    private static void writeAll(RespWriter out, List<Bytes> keys) {
        out.array(keys.size());
        for (Bytes key : keys) {
            out.bulk(key);
        }
    }
}
