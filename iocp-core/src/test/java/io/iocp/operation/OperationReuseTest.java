package io.iocp.operation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** An operation that is started again knows nothing of the run before. */
class OperationReuseTest {
    private final Endpoint endpoint = new Peerless();

    private static void leaveMarks(Operation operation) {
        operation.nativeError(104);
        operation.cause(new IllegalStateException("of the run before"));
        operation.addWireBytes(7);
    }

    private static void assertNoMarks(Operation operation) {
        assertThat(operation.status).isEqualTo(Status.OK);
        assertThat(operation.bytes).isZero();
        assertThat(operation.nativeError()).isZero();
        assertThat(operation.cause()).isNull();
        assertThat(operation.wireBytes()).isZero();
    }

    @Test
    void shouldBeginWithoutTheResultsOfTheRunBefore() {
        Operation operation = new Receive(this);
        operation.begin(endpoint);
        operation.started();
        leaveMarks(operation);
        operation.setTimedOut();
        operation.available(3);
        operation.complete();
        operation.deliver();

        operation.begin(endpoint);

        assertNoMarks(operation);
        assertThat(operation.timedOut()).isFalse();
        assertThat(operation.available()).isEqualTo(-1);
    }

    @Test
    void shouldBeginWithoutAPartThatThePortHadToLeave() {
        Transmit transmit = new Transmit(this);
        transmit.begin(endpoint);
        transmit.started();
        transmit.recycling().beginPart(transmit, endpoint);
        assertThat(transmit.part()).isInstanceOf(Disconnect.class);
        transmit.complete();
        transmit.deliver();

        transmit.begin(endpoint);

        assertThat(transmit.part()).as("a disconnect that it has not come to").isNull();
    }

    @Test
    void shouldBeginAPartWithoutTheResultsOfTheOneBefore() {
        Transmit whole = new Transmit(this);
        whole.begin(endpoint);
        Send part = whole.send();
        part.beginPart(whole, endpoint);
        leaveMarks(part);

        part.beginPart(whole, endpoint);

        assertNoMarks(part);
        assertThat(part.partOf()).isSameAs(whole);
        assertThat(whole.part()).isSameAs(part);
    }
}
