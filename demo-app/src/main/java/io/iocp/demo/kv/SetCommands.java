package io.iocp.demo.kv;

import java.util.List;

/** The commands about sets. */
final class SetCommands {

    private static final String GROUP = "set";
    private static final byte[] SREM = {'S', 'R', 'E', 'M'};
    private static final byte[] DEL = {'D', 'E', 'L'};

    private final KvStore store;

    SetCommands(KvStore store) {
        this.store = store;
    }

    List<Command> table() {
        return List.of(
                Command.onKey(
                        "sadd",
                        -3,
                        "write denyoom fast",
                        GROUP,
                        "1.0.0",
                        "Add one or more members to a set",
                        this::sadd),
                Command.onKey(
                        "srem", -3, "write fast", GROUP, "1.0.0", "Remove one or more members from a set", this::srem),
                Command.onKey(
                        "spop",
                        -2,
                        "write fast",
                        GROUP,
                        "1.0.0",
                        "Remove and return one or multiple random members from a set",
                        this::spop),
                Command.onKey(
                        "smembers", 2, "readonly", GROUP, "1.0.0", "Get all the members in a set", this::smembers),
                Command.onKey(
                        "scard", 2, "readonly fast", GROUP, "1.0.0", "Get the number of members in a set", this::scard),
                Command.onKey(
                        "sismember",
                        3,
                        "readonly fast",
                        GROUP,
                        "1.0.0",
                        "Determine if a given value is a member of a set",
                        this::sismember));
    }

    private void sadd(Invocation call) {
        SetValue set = store.value(call.key(), SetValue.class);
        if (set == null) {
            set = new SetValue();
            store.put(call.key(), set);
        }
        int added = 0;
        for (int at = 2; at < call.count(); at++) {
            if (set.add(Bytes.of(call.argument(at)))) {
                added++;
            }
        }
        if (added > 0) {
            store.changed(call);
        }
        call.out().integer(added);
    }

    private void srem(Invocation call) {
        SetValue set = store.value(call.key(), SetValue.class);
        int removed = 0;
        for (int at = 2; set != null && at < call.count(); at++) {
            if (set.remove(Bytes.of(call.argument(at)))) {
                removed++;
            }
        }
        if (set != null && set.size() == 0) {
            store.remove(call.key());
        }
        if (removed > 0) {
            store.changed(call);
        }
        call.out().integer(removed);
    }

    private void spop(Invocation call) {
        if (call.count() > 3) {
            throw CommandError.syntax();
        }
        boolean counted = call.count() == 3;
        long wanted = counted ? call.positive(2) : 1;
        SetValue set = store.value(call.key(), SetValue.class);
        if (set == null) {
            if (counted) {
                call.out().array(0);
            } else {
                call.out().nil();
            }
            return;
        }
        int count = (int) Math.min(wanted, set.size());
        if (counted) {
            call.out().array(count);
        }
        // First the reply, which may find no memory, then the change.
        List<Bytes> chosen = set.moveToEnd(count, store.random(call.key()));
        for (Bytes member : chosen) {
            call.out().bulk(member);
        }
        if (count == set.size()) {
            store.remove(call.key());
            store.changed(call, DEL, call.argument(1));
        } else if (count > 0) {
            // Which ones it were cannot be chosen again.
            store.changed(call, removal(call.argument(1), chosen));
            set.removeFromEnd(count);
        }
    }

    private static byte[][] removal(byte[] key, List<Bytes> members) {
        byte[][] command = new byte[2 + members.size()][];
        command[0] = SREM;
        command[1] = key;
        for (int at = 0; at < members.size(); at++) {
            command[2 + at] = members.get(at).array();
        }
        return command;
    }

    private void smembers(Invocation call) {
        SetValue set = store.read(call.key(), SetValue.class);
        List<Bytes> members = set == null ? List.of() : set.members();
        call.out().array(members.size());
        for (Bytes member : members) {
            call.out().bulk(member);
        }
    }

    private void scard(Invocation call) {
        SetValue set = store.read(call.key(), SetValue.class);
        call.out().integer(set == null ? 0 : set.size());
    }

    private void sismember(Invocation call) {
        SetValue set = store.read(call.key(), SetValue.class);
        call.out().integer(set != null && set.contains(Bytes.of(call.argument(2))) ? 1 : 0);
    }
}
