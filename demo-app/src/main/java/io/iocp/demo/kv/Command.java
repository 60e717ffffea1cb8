package io.iocp.demo.kv;

import java.util.List;

/**
 * One line of the command table.
 *
 * @param name in lower case
 * @param arity how many arguments with the name: exactly so many, or at least so many if negative
 * @param flags as COMMAND INFO shows them
 * @param scope which locks it needs
 * @param lastKey the last argument that is a key, counted from the end if negative, 0 for none; the first is always 1
 * @param keyStep the distance from one key to the next, 0 for no keys
 */
record Command(
        String name,
        int arity,
        List<String> flags,
        Scope scope,
        int lastKey,
        int keyStep,
        String group,
        String since,
        String summary,
        Handler handler) {

    /** What of the store a command touches, hence which locks it runs under. */
    enum Scope {
        /** Nothing, or something that locks by itself. */
        NONE,
        KEYS,
        EVERYTHING
    }

    /** A command about its first argument. */
    static Command onKey(
            String name, int arity, String flags, String group, String since, String summary, Handler handler) {
        return onKeys(name, arity, flags, 1, 1, group, since, summary, handler);
    }

    /** A command about several keys. */
    static Command onKeys(
            String name,
            int arity,
            String flags,
            int lastKey,
            int keyStep,
            String group,
            String since,
            String summary,
            Handler handler) {
        return new Command(
                name, arity, List.of(flags.split(" ")), Scope.KEYS, lastKey, keyStep, group, since, summary, handler);
    }

    /** A command about all keys. */
    static Command onEverything(
            String name, int arity, String flags, String group, String since, String summary, Handler handler) {
        return new Command(
                name, arity, List.of(flags.split(" ")), Scope.EVERYTHING, 0, 0, group, since, summary, handler);
    }

    /** A command that needs no locks. */
    static Command onNothing(
            String name, int arity, String flags, String group, String since, String summary, Handler handler) {
        return new Command(name, arity, List.of(flags.split(" ")), Scope.NONE, 0, 0, group, since, summary, handler);
    }

    /** Whether it may change the store. */
    boolean isWrite() {
        return flags.contains("write");
    }

    boolean takes(int arguments) {
        return arity >= 0 ? arguments == arity : arguments >= -arity;
    }

    /** Where the keys begin, as COMMAND INFO counts. */
    int firstKey() {
        return scope == Scope.KEYS ? 1 : 0;
    }
}
