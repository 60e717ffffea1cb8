package io.iocp.demo.kv;

import java.time.InstantSource;
import java.util.List;

/** The commands about the connection itself and about the clients. */
final class ConnectionCommands {

    private static final String GROUP = "connection";

    private final Clients clients;
    private final InstantSource clock;

    ConnectionCommands(Clients clients, InstantSource clock) {
        this.clients = clients;
        this.clock = clock;
    }

    List<Command> table() {
        return List.of(
                Command.onNothing("ping", -1, "fast", GROUP, "1.0.0", "Ping the server", ConnectionCommands::ping),
                Command.onNothing(
                        "echo",
                        2,
                        "fast",
                        GROUP,
                        "1.0.0",
                        "Echo the given string",
                        call -> call.out().bulk(call.argument(1))),
                Command.onNothing(
                        "select",
                        2,
                        "loading stale fast",
                        GROUP,
                        "1.0.0",
                        "Change the selected database for the current connection",
                        ConnectionCommands::select),
                Command.onNothing(
                        "quit", -1, "noscript loading stale fast", GROUP, "1.0.0", "Close the connection", call -> {
                            call.client().leave();
                            call.out().ok();
                        }),
                Command.onNothing(
                        "hello",
                        -1,
                        "noscript loading stale fast",
                        GROUP,
                        "6.0.0",
                        "Handshake with the server",
                        ConnectionCommands::hello),
                Command.onNothing(
                        "client",
                        -2,
                        "noscript loading stale",
                        GROUP,
                        "2.4.0",
                        "A container for client connection commands",
                        this::client));
    }

    private static void ping(Invocation call) {
        if (call.count() > 2) {
            throw call.arityError();
        }
        if (call.count() == 2) {
            call.out().bulk(call.argument(1));
        } else {
            call.out().simple("PONG");
        }
    }

    private static void select(Invocation call) {
        if (call.number(1) != 0) {
            throw new CommandError("ERR DB index is out of range");
        }
        call.out().ok();
    }

    private static void hello(Invocation call) {
        if (call.count() > 1) {
            long version;
            try {
                version = call.number(1);
            } catch (CommandError notANumber) {
                throw new CommandError("ERR Protocol version is not an integer or out of range");
            }
            if (version != 2) {
                throw new CommandError("NOPROTO unsupported protocol version");
            }
        }
        byte[] name = null;
        for (int at = 2; at < call.count(); at++) {
            if (call.isWord(at, "setname") && at + 1 < call.count()) {
                name = call.argument(++at);
            } else {
                throw new CommandError(
                        "ERR Syntax error in HELLO option '" + Ascii.latin1(call.argument(at), 128) + "'");
            }
        }
        if (name != null) {
            call.client().rename(name(name));
        }
        RespWriter out = call.out();
        out.array(14);
        out.bulk("server");
        out.bulk("redis");
        out.bulk("version");
        out.bulk(ServerCommands.VERSION);
        out.bulk("proto");
        out.integer(2);
        out.bulk("id");
        out.integer(call.client().id());
        out.bulk("mode");
        out.bulk("standalone");
        out.bulk("role");
        out.bulk("master");
        out.bulk("modules");
        out.array(0);
    }

    private void client(Invocation call) {
        RespWriter out = call.out();
        Client self = call.client();
        switch (Ascii.lowerCase(call.argument(1))) {
            case "id" -> {
                expect(call, 2);
                out.integer(self.id());
            }
            case "getname" -> {
                expect(call, 2);
                if (self.name().isEmpty()) {
                    out.nil();
                } else {
                    out.bulk(self.name());
                }
            }
            case "setname" -> {
                expect(call, 3);
                self.rename(name(call.argument(2)));
                out.ok();
            }
            case "setinfo" -> {
                expect(call, 4);
                setInfo(call);
            }
            case "info" -> {
                expect(call, 2);
                out.bulk(self.describe(clock.millis()) + "\n");
            }
            case "list" -> {
                expect(call, 2);
                StringBuilder lines = new StringBuilder();
                for (Client client : clients.connected()) {
                    lines.append(client.describe(clock.millis())).append('\n');
                }
                out.bulk(lines.toString());
            }
            default -> throw CommandError.unknownSubcommand(call.argument(1), "CLIENT");
        }
    }

    private static void setInfo(Invocation call) {
        String text = name(call.argument(3));
        if (call.isWord(2, "lib-name")) {
            call.client().library(text);
        } else if (call.isWord(2, "lib-ver")) {
            call.client().libraryVersion(text);
        } else {
            throw new CommandError("ERR Unrecognized option '" + Ascii.latin1(call.argument(2), 128) + "'");
        }
        call.out().ok();
    }

    private static void expect(Invocation call, int count) {
        if (call.count() != count) {
            throw CommandError.arity(call.name() + "|" + Ascii.lowerCase(call.argument(1)));
        }
    }

    /** A name that fits into a line of CLIENT LIST. */
    private static String name(byte[] text) {
        for (byte letter : text) {
            if (letter < '!' || letter > '~') {
                throw new CommandError("ERR Client names cannot contain spaces, newlines or special characters.");
            }
        }
        return Ascii.latin1(text, text.length);
    }
}
