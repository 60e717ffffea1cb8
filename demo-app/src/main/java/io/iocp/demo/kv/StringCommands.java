package io.iocp.demo.kv;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The commands about strings. */
final class StringCommands {

    private static final String GROUP = "string";
    private static final byte[] SET = {'S', 'E', 'T'};
    private static final byte[] PXAT = {'P', 'X', 'A', 'T'};
    private static final byte[] KEEPTTL = {'K', 'E', 'E', 'P', 'T', 'T', 'L'};

    private final KvStore store;

    StringCommands(KvStore store) {
        this.store = store;
    }

    List<Command> table() {
        return List.of(
                Command.onKey("get", 2, "readonly fast", GROUP, "1.0.0", "Get the value of a key", this::get),
                Command.onKey("set", -3, "write denyoom", GROUP, "1.0.0", "Set the string value of a key", this::set),
                Command.onKey(
                        "setnx",
                        3,
                        "write denyoom fast",
                        GROUP,
                        "1.0.0",
                        "Set the value of a key, only if the key does not exist",
                        this::setnx),
                Command.onKey(
                        "getset",
                        3,
                        "write denyoom fast",
                        GROUP,
                        "1.0.0",
                        "Set the string value of a key and return its old value",
                        this::getset),
                Command.onKeys(
                        "mget",
                        -2,
                        "readonly fast",
                        -1,
                        1,
                        GROUP,
                        "1.0.0",
                        "Get the values of all the given keys",
                        this::mget),
                Command.onKeys(
                        "mset",
                        -3,
                        "write denyoom",
                        -1,
                        2,
                        GROUP,
                        "1.0.1",
                        "Set multiple keys to multiple values",
                        this::mset),
                Command.onKey(
                        "incr",
                        2,
                        "write denyoom fast",
                        GROUP,
                        "1.0.0",
                        "Increment the integer value of a key by one",
                        call -> add(call, 1)),
                Command.onKey(
                        "decr",
                        2,
                        "write denyoom fast",
                        GROUP,
                        "1.0.0",
                        "Decrement the integer value of a key by one",
                        call -> add(call, -1)),
                Command.onKey(
                        "incrby",
                        3,
                        "write denyoom fast",
                        GROUP,
                        "1.0.0",
                        "Increment the integer value of a key by the given amount",
                        call -> add(call, call.number(2))),
                Command.onKey(
                        "decrby",
                        3,
                        "write denyoom fast",
                        GROUP,
                        "1.0.0",
                        "Decrement the integer value of a key by the given number",
                        this::decrby),
                Command.onKey(
                        "append", 3, "write denyoom fast", GROUP, "2.0.0", "Append a value to a key", this::append),
                Command.onKey(
                        "strlen",
                        2,
                        "readonly fast",
                        GROUP,
                        "2.2.0",
                        "Get the length of the value stored in a key",
                        this::strlen));
    }

    private void get(Invocation call) {
        StringValue value = store.read(call.key(), StringValue.class);
        if (value == null) {
            call.out().nil();
        } else {
            value.writeTo(call.out());
        }
    }

    private void set(Invocation call) {
        boolean onlyNew = false;
        boolean onlyExisting = false;
        boolean answerOld = false;
        boolean keepDeadline = false;
        int expiry = 0;
        for (int at = 3; at < call.count(); at++) {
            switch (Ascii.lowerCase(call.argument(at))) {
                case "nx" -> onlyNew = true;
                case "xx" -> onlyExisting = true;
                case "get" -> answerOld = true;
                case "keepttl" -> keepDeadline = true;
                case "ex", "px", "exat", "pxat" -> {
                    if (expiry != 0 || at + 1 == call.count()) {
                        throw CommandError.syntax();
                    }
                    expiry = at++;
                }
                default -> throw CommandError.syntax();
            }
        }
        if ((onlyNew && onlyExisting) || (keepDeadline && expiry != 0)) {
            throw CommandError.syntax();
        }
        long deadline = expiry == 0 ? Entry.NEVER : deadline(call, expiry);

        Entry entry = store.find(call.key());
        if (answerOld) {
            // Before anything is changed: the old value may be of another type, or the reply find no memory.
            writeOld(call, entry);
        }
        boolean refused = entry == null ? onlyExisting : onlyNew;
        if (!refused) {
            Entry written = store.put(call.key(), new StringValue(call.argument(2)));
            if (keepDeadline) {
                store.changed(call, SET, call.argument(1), call.argument(2), KEEPTTL);
            } else if (store.expireAt(written, deadline)) {
                recordSet(call, deadline);
            }
        }
        if (!answerOld) {
            if (refused) {
                call.out().nil();
            } else {
                call.out().ok();
            }
        }
    }

    private void recordSet(Invocation call, long deadline) {
        if (deadline == Entry.NEVER) {
            store.changed(call, SET, call.argument(1), call.argument(2));
        } else {
            store.changed(call, SET, call.argument(1), call.argument(2), PXAT, Ascii.digits(deadline));
        }
    }

    private long deadline(Invocation call, int option) {
        boolean seconds = call.isWord(option, "ex") || call.isWord(option, "exat");
        boolean relative = call.isWord(option, "ex") || call.isWord(option, "px");
        long given = call.number(option + 1);
        if (given <= 0) {
            throw CommandError.invalidExpireTime(call.name());
        }
        return KeyCommands.deadline(given, seconds, relative ? store.nowMillis() : 0, call.name());
    }

    private static void writeOld(Invocation call, @Nullable Entry entry) {
        if (entry == null) {
            call.out().nil();
        } else {
            KvStore.cast(entry.value, StringValue.class).writeTo(call.out());
        }
    }

    private void setnx(Invocation call) {
        if (store.find(call.key()) != null) {
            call.out().integer(0);
            return;
        }
        store.replace(call.key(), new StringValue(call.argument(2)));
        store.changed(call);
        call.out().integer(1);
    }

    private void getset(Invocation call) {
        writeOld(call, store.find(call.key()));
        store.replace(call.key(), new StringValue(call.argument(2)));
        store.changed(call);
    }

    private void mget(Invocation call) {
        call.out().array(call.keys().length);
        for (Bytes key : call.keys()) {
            Entry entry = store.find(key);
            if (entry != null && entry.value instanceof StringValue value) {
                value.writeTo(call.out());
            } else {
                call.out().nil();
            }
        }
    }

    private void mset(Invocation call) {
        if (call.count() % 2 == 0) {
            throw call.arityError();
        }
        Bytes[] keys = call.keys();
        for (int at = 0; at < keys.length; at++) {
            store.replace(keys[at], new StringValue(call.argument(2 + at * 2)));
        }
        store.changed(call);
        call.out().ok();
    }

    private void decrby(Invocation call) {
        long amount = call.number(2);
        if (amount == Long.MIN_VALUE) {
            throw new CommandError("ERR decrement would overflow");
        }
        add(call, -amount);
    }

    private void add(Invocation call, long amount) {
        StringValue value = store.value(call.key(), StringValue.class);
        long before = value == null ? 0 : value.number();
        long after = before + amount;
        if (((before ^ after) & (amount ^ after)) < 0) {
            throw new CommandError("ERR increment or decrement would overflow");
        }
        if (value == null) {
            store.put(call.key(), new StringValue(Ascii.digits(after)));
        } else {
            value.set(Ascii.digits(after));
        }
        store.changed(call);
        call.out().integer(after);
    }

    private void append(Invocation call) {
        byte[] tail = call.argument(2);
        StringValue value = store.value(call.key(), StringValue.class);
        if (value == null) {
            value = new StringValue(tail);
            store.put(call.key(), value);
        } else {
            value.append(tail);
        }
        store.changed(call);
        call.out().integer(value.length());
    }

    private void strlen(Invocation call) {
        StringValue value = store.read(call.key(), StringValue.class);
        call.out().integer(value == null ? 0 : value.length());
    }
}
