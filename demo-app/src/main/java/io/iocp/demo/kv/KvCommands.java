package io.iocp.demo.kv;

import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The command table of the service: finds the command that the arguments name, checks their number, runs it under the
 * locks of its keys, and turns what goes wrong into Redis's error replies.
 *
 * <p>Thread: any; commands run at the same time as long as their keys lie in different stripes.
 */
public final class KvCommands {

    /** Redis shows at most so many bytes of a command that it does not know. */
    private static final int QUOTED_BYTES_MAX = 128;

    private final KvStore store;
    private final InstantSource clock;
    private final Clients clients = new Clients();
    private final List<Command> commands = new ArrayList<>();
    /** The commands by their folded name; a power of two, at most half full. */
    private final @Nullable Command[] table;

    private final int longestName;

    /**
     * The commands on this store.
     *
     * @param clock for ages and uptimes
     */
    public KvCommands(KvStore store, ServerFacts facts, InstantSource clock) {
        this.store = store;
        this.clock = clock;
        commands.addAll(new ConnectionCommands(clients, clock).table());
        commands.addAll(new StringCommands(store).table());
        commands.addAll(new KeyCommands(store).table());
        commands.addAll(new ListCommands(store).table());
        commands.addAll(new SetCommands(store).table());
        commands.addAll(new HashCommands(store).table());
        commands.addAll(new ServerCommands(store, clients, facts, clock, this::commands).table());
        table = new Command[Integer.highestOneBit(commands.size()) * 4];
        int longest = 0;
        for (Command command : commands) {
            byte[] name = Bytes.of(command.name()).array();
            longest = Math.max(longest, name.length);
            int at = fold(name);
            while (table[at] != null) {
                at = (at + 1) & (table.length - 1);
            }
            table[at] = command;
        }
        longestName = longest;
    }

    Collection<Command> commands() {
        return Collections.unmodifiableList(commands);
    }

    Clients clients() {
        return clients;
    }

    InstantSource clock() {
        return clock;
    }

    Journal journal() {
        return store.journal();
    }

    /**
     * Runs one command and writes exactly one reply.
     *
     * @return the position in the journal that the reply has to wait for, 0 for none
     */
    long execute(byte[][] arguments, Client client, RespWriter out) {
        int start = out.length();
        Invocation call = null;
        try {
            Command command = find(arguments[0]);
            if (command == null) {
                throw unknown(arguments);
            }
            if (!command.takes(arguments.length)) {
                throw CommandError.arity(command.name());
            }
            client.ran(command);
            String refusal = command.isWrite() ? store.journal().refusal() : null;
            if (refusal != null) {
                throw new CommandError(refusal);
            }
            call = new Invocation(command, arguments, client, out);
            run(command, call);
        } catch (CommandError failed) {
            out.rewind(start);
            out.error(String.valueOf(failed.getMessage()));
            clients.errorReplied();
        }
        clients.commandRan();
        return call == null ? 0 : call.recorded();
    }

    private void run(Command command, Invocation call) {
        long stripes = call.stripes();
        store.lock(stripes);
        try {
            command.handler().run(call);
        } finally {
            store.unlock(stripes);
        }
    }

    /**
     * Runs a command of the log again.
     *
     * @throws CommandError if it cannot be one
     */
    void replay(byte[][] arguments, Client client, RespWriter out) {
        Command command = find(arguments[0]);
        if (command == null) {
            throw unknown(arguments);
        }
        if (!command.isWrite() && !command.name().equals("select")) {
            throw new CommandError("ERR '" + command.name() + "' changes nothing");
        }
        if (!command.takes(arguments.length)) {
            throw CommandError.arity(command.name());
        }
        int start = out.length();
        run(command, new Invocation(command, arguments, client, out));
        out.rewind(start);
    }

    /** Whether this names a command that changes something. */
    boolean isWrite(byte[] name) {
        Command command = find(name);
        return command != null && command.isWrite();
    }

    private @Nullable Command find(byte[] name) {
        if (name.length > longestName) {
            return null;
        }
        for (int at = fold(name); ; at = (at + 1) & (table.length - 1)) {
            Command command = table[at];
            if (command == null || Ascii.isWord(name, command.name())) {
                return command;
            }
        }
    }

    private int fold(byte[] name) {
        int hash = 0;
        for (byte letter : name) {
            hash = hash * 31 + Ascii.lower(letter);
        }
        return (hash ^ (hash >>> 8)) & (table.length - 1);
    }

    private static CommandError unknown(byte[][] arguments) {
        StringBuilder quoted = new StringBuilder();
        for (int at = 1; at < arguments.length && quoted.length() < QUOTED_BYTES_MAX; at++) {
            String shown = Ascii.latin1(arguments[at], QUOTED_BYTES_MAX - quoted.length());
            quoted.append('\'').append(shown).append("' ");
        }
        return new CommandError("ERR unknown command '" + Ascii.latin1(arguments[0], QUOTED_BYTES_MAX)
                + "', with args beginning with: " + quoted);
    }
}
