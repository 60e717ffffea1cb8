package io.iocp.demo.kv;

import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/** The commands about the server: INFO, CONFIG and COMMAND. */
final class ServerCommands {

    /** The version of Redis whose behaviour and fields are followed. */
    static final String VERSION = "7.0.0";

    private static final String GROUP = "server";

    private final KvStore store;
    private final Clients clients;
    private final ServerFacts facts;
    private final InstantSource clock;
    /** The whole command table, once there is one. */
    private final Supplier<Collection<Command>> commands;

    ServerCommands(
            KvStore store,
            Clients clients,
            ServerFacts facts,
            InstantSource clock,
            Supplier<Collection<Command>> commands) {
        this.store = store;
        this.clients = clients;
        this.facts = facts;
        this.clock = clock;
        this.commands = commands;
    }

    List<Command> table() {
        return List.of(
                Command.onEverything(
                        "info",
                        -1,
                        "loading stale",
                        GROUP,
                        "1.0.0",
                        "Get information and statistics about the server",
                        this::info),
                Command.onNothing(
                        "bgrewriteaof",
                        1,
                        "admin noscript",
                        GROUP,
                        "1.0.0",
                        "Asynchronously rewrite the append-only file to disk",
                        this::rewrite),
                Command.onNothing(
                        "config",
                        -2,
                        "admin noscript loading stale",
                        GROUP,
                        "2.0.0",
                        "A container for server configuration commands",
                        this::config),
                Command.onNothing(
                        "command",
                        -1,
                        "loading stale",
                        GROUP,
                        "2.8.13",
                        "Get array of Redis command details",
                        this::command));
    }

    private void info(Invocation call) {
        Map<String, Map<String, Object>> sections = sections();
        Set<String> wanted = new LinkedHashSet<>();
        for (int at = 1; at < call.count(); at++) {
            String section = Ascii.lowerCase(call.argument(at));
            switch (section) {
                case "default", "all", "everything" -> wanted.addAll(sections.keySet());
                default -> wanted.add(section);
            }
        }
        if (call.count() == 1) {
            wanted.addAll(sections.keySet());
        }
        StringBuilder text = new StringBuilder();
        sections.forEach((section, fields) -> {
            if (wanted.contains(section)) {
                if (!text.isEmpty()) {
                    text.append("\r\n");
                }
                text.append("# ")
                        .append(Character.toUpperCase(section.charAt(0)))
                        .append(section, 1, section.length());
                text.append("\r\n");
                fields.forEach((field, value) ->
                        text.append(field).append(':').append(value).append("\r\n"));
            }
        });
        call.out().bulk(text.toString());
    }

    private void rewrite(Invocation call) {
        store.journal().rewrite();
        call.out().simple("Background append only file rewriting started");
    }

    private Map<String, Map<String, Object>> sections() {
        KvStore.Counts counts = store.counts();
        long nowMillis = clock.millis();
        long uptimeSeconds = Math.max(0, (nowMillis - facts.startedAt().toEpochMilli()) / 1000);

        Map<String, Object> server = new LinkedHashMap<>();
        server.put("redis_version", VERSION);
        server.put("redis_mode", "standalone");
        server.put(
                "os",
                System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
                        + System.getProperty("os.arch"));
        server.put("arch_bits", 64);
        server.put("multiplexing_api", facts.engine());
        server.put("process_id", facts.processId());
        server.put("tcp_port", facts.tcpPort());
        server.put("server_time_usec", nowMillis * 1000);
        server.put("uptime_in_seconds", uptimeSeconds);
        server.put("uptime_in_days", uptimeSeconds / 86_400);
        server.put("iocp_engine", facts.engine());
        server.put("iocp_engine_reason", facts.engineReason().replace('\r', ' ').replace('\n', ' '));

        Map<String, Object> connected = new LinkedHashMap<>();
        connected.put("connected_clients", clients.connected().size());
        connected.put("maxclients", facts.maxClients());
        connected.put("blocked_clients", 0);

        Map<String, Object> memory = new LinkedHashMap<>();
        memory.put("used_memory", facts.usedMemoryBytes());
        memory.put("used_memory_human", megabytes(facts.usedMemoryBytes()));
        memory.put("total_system_memory", facts.maxMemoryBytes());
        memory.put("maxmemory", 0);
        memory.put("maxmemory_human", "0B");
        memory.put("maxmemory_policy", "noeviction");

        Map<String, Object> persistence = new LinkedHashMap<>();
        persistence.put("loading", 0);
        persistence.putAll(store.journal().facts());

        Map<String, Object> stats = new LinkedHashMap<>();
        stats.put("total_connections_received", clients.accepted());
        stats.put("total_commands_processed", clients.commands());
        stats.put("total_net_input_bytes", clients.bytesReceived());
        stats.put("total_net_output_bytes", clients.bytesReplied());
        stats.put("expired_keys", counts.expired());
        stats.put("evicted_keys", 0);
        stats.put("keyspace_hits", counts.hits());
        stats.put("keyspace_misses", counts.misses());
        stats.put("total_error_replies", clients.errors());

        Map<String, Object> replication = new LinkedHashMap<>();
        replication.put("role", "master");
        replication.put("connected_slaves", 0);

        Map<String, Object> keyspace = new LinkedHashMap<>();
        if (counts.keys() > 0) {
            keyspace.put("db0", "keys=" + counts.keys() + ",expires=" + counts.mortals() + ",avg_ttl=0");
        }

        Map<String, Map<String, Object>> sections = new LinkedHashMap<>();
        sections.put("server", server);
        sections.put("clients", connected);
        sections.put("memory", memory);
        sections.put("persistence", persistence);
        sections.put("stats", stats);
        sections.put("replication", replication);
        sections.put("keyspace", keyspace);
        return sections;
    }

    private static String megabytes(long bytes) {
        return bytes / (1 << 20) + "." + bytes % (1 << 20) * 100 / (1 << 20) + "M";
    }

    private void config(Invocation call) {
        if (!call.isWord(1, "get")) {
            throw CommandError.unknownSubcommand(call.argument(1), "CONFIG");
        }
        if (call.count() < 3) {
            throw CommandError.arity("config|get");
        }
        Map<String, String> parameters = new LinkedHashMap<>();
        parameters.put("save", "");
        parameters.putAll(store.journal().parameters());
        parameters.put("databases", "1");
        parameters.put("maxclients", Integer.toString(facts.maxClients()));
        parameters.put("maxmemory", "0");
        parameters.put("maxmemory-policy", "noeviction");
        parameters.put("port", Integer.toString(facts.tcpPort()));
        parameters.put("proto-max-bulk-len", Integer.toString(RespDecoder.BULK_BYTES_MAX));

        List<Glob> patterns = new ArrayList<>();
        for (int at = 2; at < call.count(); at++) {
            patterns.add(new Glob(Bytes.of(Ascii.lowerCase(call.argument(at))).array()));
        }
        parameters.keySet().removeIf(name -> patterns.stream().noneMatch(glob -> glob.matches(Bytes.of(name))));
        call.out().array(parameters.size() * 2);
        parameters.forEach((name, value) -> {
            call.out().bulk(name);
            call.out().bulk(value);
        });
    }

    private void command(Invocation call) {
        RespWriter out = call.out();
        if (call.count() == 1) {
            Collection<Command> all = commands.get();
            out.array(all.size());
            all.forEach(command -> writeInfo(out, command));
            return;
        }
        switch (Ascii.lowerCase(call.argument(1))) {
            case "count" -> {
                if (call.count() != 2) {
                    throw CommandError.arity("command|count");
                }
                out.integer(commands.get().size());
            }
            case "info" -> {
                List<byte[]> names = names(call);
                out.array(names.size());
                for (byte[] name : names) {
                    commands.get().stream()
                            .filter(command -> Ascii.isWord(name, command.name()))
                            .findFirst()
                            .ifPresentOrElse(command -> writeInfo(out, command), out::nilArray);
                }
            }
            case "docs" -> {
                List<byte[]> names = names(call);
                List<Command> known = commands.get().stream()
                        .filter(command -> names.stream().anyMatch(name -> Ascii.isWord(name, command.name())))
                        .toList();
                out.array(known.size() * 2);
                known.forEach(command -> writeDocs(out, command));
            }
            default -> throw CommandError.unknownSubcommand(call.argument(1), "COMMAND");
        }
    }

    /** The commands asked for: all of them if none is named. */
    private List<byte[]> names(Invocation call) {
        List<byte[]> names = new ArrayList<>();
        for (int at = 2; at < call.count(); at++) {
            names.add(call.argument(at));
        }
        if (names.isEmpty()) {
            commands.get().forEach(command -> names.add(Bytes.of(command.name()).array()));
        }
        return names;
    }

    private static void writeInfo(RespWriter out, Command command) {
        out.array(10);
        out.bulk(command.name());
        out.integer(command.arity());
        out.array(command.flags().size());
        command.flags().forEach(out::simple);
        out.integer(command.firstKey());
        out.integer(command.lastKey());
        out.integer(command.keyStep());
        // Categories, tips, key specifications and subcommands: there are none.
        out.array(0);
        out.array(0);
        out.array(0);
        out.array(0);
    }

    private static void writeDocs(RespWriter out, Command command) {
        out.bulk(command.name());
        out.array(6);
        out.bulk("summary");
        out.bulk(command.summary());
        out.bulk("since");
        out.bulk(command.since());
        out.bulk("group");
        out.bulk(command.group());
    }
}
