package io.iocp.demo.kv;

/**
 * The error reply of a command: thrown by a handler before it changed anything, written as the reply by {@link
 * KvCommands}. Its message is the whole reply line with the leading code word ({@code ERR}, {@code WRONGTYPE}).
 */
final class CommandError extends RuntimeException {

    private static final long serialVersionUID = 1;

    CommandError(String reply) {
        // No stack trace: these are answers to clients, as frequent as clients like.
        super(reply, null, false, false);
    }

    static CommandError wrongType() {
        return new CommandError("WRONGTYPE Operation against a key holding the wrong kind of value");
    }

    static CommandError notAnInteger() {
        return new CommandError("ERR value is not an integer or out of range");
    }

    static CommandError notPositive() {
        return new CommandError("ERR value is out of range, must be positive");
    }

    static CommandError syntax() {
        return new CommandError("ERR syntax error");
    }

    static CommandError arity(String command) {
        return new CommandError("ERR wrong number of arguments for '" + command + "' command");
    }

    static CommandError invalidExpireTime(String command) {
        return new CommandError("ERR invalid expire time in '" + command + "' command");
    }

    static CommandError tooLong() {
        return new CommandError("ERR string exceeds maximum allowed size (proto-max-bulk-len)");
    }

    static CommandError unknownSubcommand(byte[] subcommand, String command) {
        return new CommandError(
                "ERR unknown subcommand '" + Ascii.latin1(subcommand, 128) + "'. Try " + command + " HELP.");
    }
}
