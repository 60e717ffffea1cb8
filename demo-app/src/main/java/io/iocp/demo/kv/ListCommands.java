package io.iocp.demo.kv;

import java.util.List;

/** The commands about lists. */
final class ListCommands {

    private static final String GROUP = "list";

    private final KvStore store;

    ListCommands(KvStore store) {
        this.store = store;
    }

    List<Command> table() {
        return List.of(
                Command.onKey(
                        "lpush",
                        -3,
                        "write denyoom fast",
                        GROUP,
                        "1.0.0",
                        "Prepend one or multiple elements to a list",
                        call -> push(call, true)),
                Command.onKey(
                        "rpush",
                        -3,
                        "write denyoom fast",
                        GROUP,
                        "1.0.0",
                        "Append one or multiple elements to a list",
                        call -> push(call, false)),
                Command.onKey(
                        "lpop",
                        -2,
                        "write fast",
                        GROUP,
                        "1.0.0",
                        "Remove and get the first elements in a list",
                        call -> pop(call, true)),
                Command.onKey(
                        "rpop",
                        -2,
                        "write fast",
                        GROUP,
                        "1.0.0",
                        "Remove and get the last elements in a list",
                        call -> pop(call, false)),
                Command.onKey(
                        "lrange", 4, "readonly", GROUP, "1.0.0", "Get a range of elements from a list", this::lrange),
                Command.onKey("llen", 2, "readonly fast", GROUP, "1.0.0", "Get the length of a list", this::llen));
    }

    private void push(Invocation call, boolean first) {
        ListValue list = store.value(call.key(), ListValue.class);
        if (list == null) {
            list = new ListValue();
            store.put(call.key(), list);
        }
        for (int at = 2; at < call.count(); at++) {
            if (first) {
                list.addFirst(call.argument(at));
            } else {
                list.addLast(call.argument(at));
            }
        }
        store.changed(call);
        call.out().integer(list.size());
    }

    private void pop(Invocation call, boolean first) {
        if (call.count() > 3) {
            throw call.arityError();
        }
        boolean counted = call.count() == 3;
        long wanted = counted ? call.positive(2) : 1;
        ListValue list = store.value(call.key(), ListValue.class);
        if (list == null) {
            if (counted) {
                call.out().nilArray();
            } else {
                call.out().nil();
            }
            return;
        }
        int count = (int) Math.min(wanted, list.size());
        if (counted) {
            call.out().array(count);
        }
        // First the reply, which may find no memory, then the change.
        for (int at = 0; at < count; at++) {
            call.out().bulk(list.at(first ? at : list.size() - 1 - at));
        }
        if (count > 0) {
            store.changed(call);
        }
        if (count == list.size()) {
            store.remove(call.key());
            return;
        }
        for (int at = 0; at < count; at++) {
            if (first) {
                list.removeFirst();
            } else {
                list.removeLast();
            }
        }
    }

    private void lrange(Invocation call) {
        long start = call.number(2);
        long stop = call.number(3);
        ListValue list = store.read(call.key(), ListValue.class);
        int size = list == null ? 0 : list.size();
        int from = (int) Math.max(0, start < 0 ? start + size : Math.min(start, size));
        int to = (int) Math.max(-1, stop < 0 ? stop + size : Math.min(stop, size - 1L));
        if (list == null || from > to) {
            call.out().array(0);
            return;
        }
        call.out().array(to - from + 1);
        for (int at = from; at <= to; at++) {
            call.out().bulk(list.at(at));
        }
    }

    private void llen(Invocation call) {
        ListValue list = store.read(call.key(), ListValue.class);
        call.out().integer(list == null ? 0 : list.size());
    }
}
