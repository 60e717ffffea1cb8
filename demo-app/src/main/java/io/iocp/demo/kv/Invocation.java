package io.iocp.demo.kv;

/**
 * One command on its way through its handler: its arguments, its keys and where its reply goes.
 *
 * <p>Thread: the one that executes the command.
 */
final class Invocation {

    private static final Bytes[] NO_KEYS = {};

    private final Command command;
    private final byte[][] arguments;
    private final Bytes[] keys;
    private final Client client;
    private final RespWriter out;
    private long recorded;

    Invocation(Command command, byte[][] arguments, Client client, RespWriter out) {
        this.command = command;
        this.arguments = arguments;
        this.keys = keys(command, arguments);
        this.client = client;
        this.out = out;
    }

    private static Bytes[] keys(Command command, byte[][] arguments) {
        if (command.scope() != Command.Scope.KEYS) {
            return NO_KEYS;
        }
        int last = command.lastKey() < 0 ? arguments.length + command.lastKey() : command.lastKey();
        Bytes[] keys = new Bytes[(last - 1) / command.keyStep() + 1];
        for (int at = 0; at < keys.length; at++) {
            keys[at] = Bytes.of(arguments[1 + at * command.keyStep()]);
        }
        return keys;
    }

    /** The stripes to be locked while the command runs. */
    long stripes() {
        if (command.scope() == Command.Scope.EVERYTHING) {
            return KvStore.ALL_STRIPES;
        }
        long set = 0;
        for (Bytes key : keys) {
            set |= KvStore.stripesOf(key);
        }
        return set;
    }

    String name() {
        return command.name();
    }

    Client client() {
        return client;
    }

    RespWriter out() {
        return out;
    }

    Bytes key() {
        return keys[0];
    }

    Bytes[] keys() {
        return keys;
    }

    byte[][] arguments() {
        return arguments;
    }

    /** Where the keys are, if the command is recorded as it is. */
    Journal.Keys recordedKeys() {
        if (command.scope() != Command.Scope.KEYS) {
            return Journal.Keys.ALL;
        }
        if (command.lastKey() == 1) {
            return Journal.Keys.ONE;
        }
        return command.keyStep() == 1 ? Journal.Keys.EACH : Journal.Keys.EACH_WITH_VALUE;
    }

    /** What the reply has to wait for, 0 for nothing. */
    long recorded() {
        return recorded;
    }

    void recorded(long position) {
        recorded = Math.max(recorded, position);
    }

    /** How many arguments there are, the name of the command counted. */
    int count() {
        return arguments.length;
    }

    /** An argument; number 0 is the name of the command. */
    byte[] argument(int at) {
        return arguments[at];
    }

    /** Whether an argument is this word, which is given in lower case. */
    boolean isWord(int at, String word) {
        return Ascii.isWord(arguments[at], word);
    }

    long number(int at) {
        return Ascii.number(arguments[at]);
    }

    /** A count, which may be 0. */
    long positive(int at) {
        long count;
        try {
            count = number(at);
        } catch (CommandError notANumber) {
            throw CommandError.notPositive();
        }
        if (count < 0) {
            throw CommandError.notPositive();
        }
        return count;
    }

    CommandError arityError() {
        return CommandError.arity(command.name());
    }
}
