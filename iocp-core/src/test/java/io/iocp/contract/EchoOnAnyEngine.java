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
import java.net.Socket;

/** Opens a port on whatever engine there is, says which and why, and echoes one message: run by {@link EngineContractTest}. */
final class EchoOnAnyEngine {
    private EchoOnAnyEngine() {}

    public static void main(String[] arguments) throws Exception {
        PortOptions options = PortOptions.defaults()
                .name("child")
                .engine(EngineChoice.valueOf(arguments[0]))
                .closeHandles(true);
        CompletionPort[] self = new CompletionPort[1];
        try (CompletionPort port = CompletionPort.open(options, packet -> {
            if (packet.status() != Status.OK) {
                return;
            }
            if (packet.kind() == OperationKind.ACCEPT) {
                Connection connection = packet.accepted();
                self[0].associate(connection, "connection");
                connection.receive(new OverlappedIO());
            } else if (packet.kind() == OperationKind.RECEIVE) {
                packet.connection().send(new OverlappedIO(), packet.data());
            }
        })) {
            self[0] = port;
            System.out.println("engine " + port.engine().engine());
            System.out.println("fallback " + port.engine().fallback());
            System.out.println("reason " + port.engine().reason());
            System.out.println("cause " + port.engine().cause());
            System.out.println("remedy " + port.engine().remedy());
            Listener listener = port.listen(PortFixture.anyPort(), ListenOptions.defaults(), "listener");
            listener.accept(new OverlappedIO());
            try (Socket socket = new Socket()) {
                socket.connect(listener.localAddress());
                socket.setSoTimeout(20_000);
                socket.getOutputStream().write("hello".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
                System.out.println("echo "
                        + new String(
                                socket.getInputStream().readNBytes(5), java.nio.charset.StandardCharsets.US_ASCII));
            }
        } catch (io.iocp.EngineUnavailableException e) {
            System.out.println("refused " + e.getMessage());
        }
    }
}
