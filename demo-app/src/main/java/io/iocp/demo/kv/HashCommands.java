package io.iocp.demo.kv;

import java.util.List;

/** The commands about hashes. */
final class HashCommands {

    private static final String GROUP = "hash";

    private final KvStore store;

    HashCommands(KvStore store) {
        this.store = store;
    }

    List<Command> table() {
        return List.of(
                Command.onKey(
                        "hset",
                        -4,
                        "write denyoom fast",
                        GROUP,
                        "2.0.0",
                        "Set the string value of a hash field",
                        this::hset),
                Command.onKey("hget", 3, "readonly fast", GROUP, "2.0.0", "Get the value of a hash field", this::hget),
                Command.onKey("hdel", -3, "write fast", GROUP, "2.0.0", "Delete one or more hash fields", this::hdel),
                Command.onKey(
                        "hgetall",
                        2,
                        "readonly",
                        GROUP,
                        "2.0.0",
                        "Get all the fields and values in a hash",
                        this::hgetall),
                Command.onKey(
                        "hlen", 2, "readonly fast", GROUP, "2.0.0", "Get the number of fields in a hash", this::hlen));
    }

    private void hset(Invocation call) {
        if (call.count() % 2 != 0) {
            throw call.arityError();
        }
        HashValue hash = store.value(call.key(), HashValue.class);
        if (hash == null) {
            hash = new HashValue();
            store.put(call.key(), hash);
        }
        int added = 0;
        for (int at = 2; at < call.count(); at += 2) {
            if (hash.fields().put(Bytes.of(call.argument(at)), call.argument(at + 1)) == null) {
                added++;
            }
        }
        store.changed(call);
        call.out().integer(added);
    }

    private void hget(Invocation call) {
        HashValue hash = store.read(call.key(), HashValue.class);
        byte[] value = hash == null ? null : hash.fields().get(Bytes.of(call.argument(2)));
        if (value == null) {
            call.out().nil();
        } else {
            call.out().bulk(value);
        }
    }

    private void hdel(Invocation call) {
        HashValue hash = store.value(call.key(), HashValue.class);
        int removed = 0;
        for (int at = 2; hash != null && at < call.count(); at++) {
            if (hash.fields().remove(Bytes.of(call.argument(at))) != null) {
                removed++;
            }
        }
        if (hash != null && hash.fields().isEmpty()) {
            store.remove(call.key());
        }
        if (removed > 0) {
            store.changed(call);
        }
        call.out().integer(removed);
    }

    private void hgetall(Invocation call) {
        HashValue hash = store.read(call.key(), HashValue.class);
        if (hash == null) {
            call.out().array(0);
            return;
        }
        call.out().array(hash.fields().size() * 2);
        hash.fields().forEach((field, value) -> {
            call.out().bulk(field);
            call.out().bulk(value);
        });
    }

    private void hlen(Invocation call) {
        HashValue hash = store.read(call.key(), HashValue.class);
        call.out().integer(hash == null ? 0 : hash.fields().size());
    }
}
