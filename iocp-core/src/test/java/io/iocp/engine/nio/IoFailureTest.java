package io.iocp.engine.nio;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.operation.Status;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketException;
import java.nio.channels.ClosedChannelException;
import org.junit.jupiter.api.Test;

class IoFailureTest {

    @Test
    void shouldCallABrokenConnectionReset() {
        assertThat(IoFailure.ofTransfer(new SocketException("Connection reset")))
                .isEqualTo(new IoFailure(Status.RESET, 104));
        assertThat(IoFailure.ofTransfer(new IOException("Broken pipe"))).isEqualTo(new IoFailure(Status.RESET, 32));
        assertThat(IoFailure.ofTransfer(new IOException("Connection timed out")))
                .isEqualTo(new IoFailure(Status.RESET, 110));
    }

    @Test
    void shouldCallATransferThatFailedForAnUnknownReasonReset() {
        assertThat(IoFailure.ofTransfer(new IOException("Relais brisé (pipe)")))
                .isEqualTo(new IoFailure(Status.RESET, 0));
        assertThat(IoFailure.ofTransfer(new IOException())).isEqualTo(new IoFailure(Status.RESET, 0));
    }

    @Test
    void shouldTellALackOfDescriptorsFromALostConnection() {
        assertThat(IoFailure.ofAccept(new SocketException("Too many open files")))
                .isEqualTo(new IoFailure(Status.RESOURCE_LIMIT, 24));
        assertThat(IoFailure.ofAccept(new SocketException("Too many open files in system")))
                .isEqualTo(new IoFailure(Status.RESOURCE_LIMIT, 23));
        assertThat(IoFailure.ofAccept(new ConnectException("Connection timed out")))
                .isNull();
        assertThat(IoFailure.ofAccept(new SocketException("Software caused connection abort")))
                .isNull();
    }

    @Test
    void shouldNeverEndAListenerForAReasonItDoesNotKnow() {
        assertThat(IoFailure.ofAccept(new SocketException("Zu viele offene Dateien")))
                .isEqualTo(new IoFailure(Status.RESOURCE_LIMIT, 0));
        assertThat(IoFailure.ofAccept(new ClosedChannelException())).isEqualTo(new IoFailure(Status.HANDLE_CLOSED, 0));
    }
}
