package io.iocp.demo.kv;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Writes a key of the store as the commands that make it. */
final class Snapshots {

    /** So many elements are in one command, as Redis does it. */
    private static final int ELEMENTS = 64;

    private static final byte[] SET = word("SET");
    private static final byte[] RPUSH = word("RPUSH");
    private static final byte[] SADD = word("SADD");
    private static final byte[] HSET = word("HSET");
    private static final byte[] PXAT = word("PXAT");
    private static final byte[] PEXPIREAT = word("PEXPIREAT");

    private Snapshots() {}

    private static byte[] word(String word) {
        return word.getBytes(StandardCharsets.US_ASCII);
    }

    /** Adds the commands that make this key with its value and its deadline. */
    static void add(Entry entry, LogBuffer to) {
        byte[] key = entry.key.array();
        boolean mortal = entry.deadlineMillis != Entry.NEVER;
        switch (entry.value) {
            case StringValue value -> {
                if (mortal) {
                    to.add(SET, key, value.bytes(), PXAT, Ascii.digits(entry.deadlineMillis));
                } else {
                    to.add(SET, key, value.bytes());
                }
                return;
            }
            case ListValue list -> {
                Rows rows = new Rows(to, RPUSH, key);
                for (int at = 0; at < list.size(); at++) {
                    rows.add(list.at(at));
                }
                rows.end();
            }
            case SetValue set -> {
                Rows rows = new Rows(to, SADD, key);
                for (Bytes member : set.members()) {
                    rows.add(member.array());
                }
                rows.end();
            }
            case HashValue hash -> {
                Rows rows = new Rows(to, HSET, key);
                hash.fields().forEach((field, value) -> rows.add(field.array(), value));
                rows.end();
            }
        }
        if (mortal) {
            to.add(PEXPIREAT, key, Ascii.digits(entry.deadlineMillis));
        }
    }

    /** Commands of one name and key that share the elements. */
    private static final class Rows {
        private final LogBuffer to;
        private final List<byte[]> command = new ArrayList<>();

        Rows(LogBuffer to, byte[] name, byte[] key) {
            this.to = to;
            command.add(name);
            command.add(key);
        }

        void add(byte[]... elements) {
            command.addAll(List.of(elements));
            if (command.size() >= 2 + ELEMENTS) {
                end();
            }
        }

        void end() {
            if (command.size() > 2) {
                to.add(command.toArray(byte[][]::new));
                command.subList(2, command.size()).clear();
            }
        }
    }
}
