package io.iocp.contract;

import io.iocp.CompletionPort;
import io.iocp.Connection;
import io.iocp.EngineChoice;
import io.iocp.Listener;
import io.iocp.OverlappedIO;
import io.iocp.PortOptions;
import io.iocp.operation.ListenOptions;
import io.iocp.operation.OperationKind;
import io.iocp.operation.Status;
import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.stream.Stream;

/** Echoes, uses up all descriptors when told to, and frees them when told to: run by {@link EngineContractTest}. */
final class AcceptWithoutDescriptors {
    private AcceptWithoutDescriptors() {}

    public static void main(String[] arguments) throws Exception {
        loadEverything();
        boolean continuous = Boolean.parseBoolean(arguments[1]);
        BufferedReader orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        PortOptions options = PortOptions.defaults()
                .name("child")
                .engine(EngineChoice.valueOf(arguments[0]))
                .concurrency(1)
                .closeHandles(true);
        CompletionPort[] self = new CompletionPort[1];
        try (CompletionPort port = CompletionPort.open(options, packet -> {
            if (packet.status() != Status.OK) {
                if (packet.kind() == OperationKind.RECEIVE) {
                    packet.connection().close();
                }
                return;
            }
            if (packet.kind() == OperationKind.ACCEPT) {
                Connection connection = packet.accepted();
                self[0].associate(connection, "connection");
                connection.receive(new OverlappedIO());
                if (!continuous) {
                    ((Listener) java.util.Objects.requireNonNull(packet.handle())).accept(packet);
                }
            } else if (packet.kind() == OperationKind.RECEIVE) {
                packet.connection().send(new OverlappedIO(), packet.data());
                packet.connection().receive(packet);
            }
        })) {
            self[0] = port;
            Listener listener = port.listen(PortFixture.anyPort(), ListenOptions.defaults(), "listener");
            if (continuous) {
                listener.acceptContinuously(new OverlappedIO());
            } else {
                listener.accept(new OverlappedIO());
            }
            System.out.println("port " + ((InetSocketAddress) listener.localAddress()).getPort());
            orders.readLine(); // a first exchange has worked
            long before = port.stats().acceptsDeferred();
            Deque<FileInputStream> files = new ArrayDeque<>();
            try {
                while (true) {
                    files.push(new FileInputStream("/dev/null"));
                }
            } catch (IOException full) {
                System.out.println("full " + files.size());
            }
            while (port.stats().acceptsDeferred() < before + 3) {
                Thread.onSpinWait();
            }
            System.out.println("deferred");
            orders.readLine();
            while (!files.isEmpty()) {
                files.pop().close();
            }
            System.out.println("freed");
            orders.readLine();
        }
        System.out.println("closed");
    }

    /** A class that is first needed when there are no descriptors left could not be read from its file. */
    private static void loadEverything() throws IOException, ClassNotFoundException {
        Path classes = Path.of(CompletionPort.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .getPath());
        List<String> names;
        try (Stream<Path> files = Files.walk(classes)) {
            names = files.map(file -> classes.relativize(file).toString())
                    .filter(name -> name.endsWith(".class") && !name.endsWith("-info.class"))
                    .map(name -> name.substring(0, name.length() - 6).replace('/', '.'))
                    .toList();
        }
        for (String name : names) {
            Class.forName(name);
        }
    }
}
