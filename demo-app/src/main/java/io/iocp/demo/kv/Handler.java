package io.iocp.demo.kv;

/** What one command does: checks everything, then changes the store, then writes exactly one reply. */
@FunctionalInterface
interface Handler {

    /**
     * Runs the command, holding the locks of the keys that it declared.
     *
     * @throws CommandError before anything was changed; what was written is taken back and the error is the reply
     */
    void run(Invocation call);
}
