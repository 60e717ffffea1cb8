package io.iocp.spring.handler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iocp.OverlappedIO;
import io.iocp.operation.OperationKind;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class HandlerEndpointTest {
    private static final HandlerTarget SERVER = new HandlerTarget.Server("echo");
    private static final HandlerTarget CLIENT = new HandlerTarget.Client("backend");
    private static final HandlerTarget CHANNEL = new HandlerTarget.Channel("default", "jobs");
    private static final HandlerTarget PORT = new HandlerTarget.Port("default");

    @SuppressWarnings("unused")
    static class Methods {
        private String attachment(String text) {
            return text;
        }

        void takes(StringBuilder attachment) {
            attachment.append("taken");
        }

        void failing() throws IOException {
            throw new IOException("as asked");
        }

        void number(int number) {}

        void data(ByteBuffer data) {}

        void unmarked(StringBuilder something) {}

        void replies(Replies replies) {}

        Integer strange() {
            return 1;
        }
    }

    @Test
    void shouldTakeArgumentsOutOfThePacket() throws Exception {
        StringBuilder attachment = new StringBuilder();
        assertThat(endpoint("takes", CHANNEL).invoke(null, new OverlappedIO(attachment)))
                .isNull();
        assertThat(attachment).hasToString("taken");
    }

    @Test
    void shouldThrowWhatTheMethodThrows() {
        HandlerEndpoint failing = endpoint("failing", CHANNEL);
        assertThatThrownBy(() -> failing.invoke(null, new OverlappedIO()))
                .isInstanceOf(IOException.class)
                .hasMessage("as asked");
    }

    @Test
    void shouldKnowWhatBecomesOfTheResult() {
        assertThat(endpoint("attachment", SERVER).returnValue()).isEqualTo(PlainReturn.TEXT);
        assertThat(endpoint("takes", SERVER).returnValue()).isEqualTo(PlainReturn.NOTHING);
        assertThat(endpoint("strange", SERVER, OperationKind.ACCEPT).returnValue())
                .isEqualTo(PlainReturn.KEY);
    }

    @Test
    void shouldHandleTheKindsThatMakeSense() {
        assertThat(endpoint("takes", SERVER).kinds()).containsExactly(OperationKind.RECEIVE);
        assertThat(endpoint("takes", CHANNEL).kinds()).containsExactly(OperationKind.POST);
    }

    @Test
    void shouldNameMethodAndRemedyWhenAParameterCannotBeResolved() {
        assertInvalid("number", SERVER, "number(int)", "int number", "long");
        assertInvalid("data", SERVER, "data(ByteBuffer)", "only a RECEIVE packet", "Attachment", OperationKind.SEND);
        assertInvalid("unmarked", PORT, "unmarked(StringBuilder)", "StringBuilder", "@CompletionKey");
        assertInvalid("replies", CHANNEL, "replies(Replies)", "Replies", "Name a server");
    }

    @Test
    void shouldNameMethodAndRemedyWhenTheResultCannotBeSent() {
        assertInvalid("strange", SERVER, "strange()", "Integer", "Return void");
        assertInvalid("attachment", CHANNEL, "attachment(String)", "no connection", "Return void");
    }

    @Test
    void shouldRefuseKindsThatTheTargetDoesNotHave() {
        assertInvalid("takes", SERVER, "takes(StringBuilder)", "no FILE_READ", "channel", OperationKind.FILE_READ);
        assertInvalid("takes", SERVER, "takes(StringBuilder)", "no CONNECT", "ACCEPT", OperationKind.CONNECT);
        assertInvalid("takes", CLIENT, "takes(StringBuilder)", "no ACCEPT", "CONNECT", OperationKind.ACCEPT);
    }

    private static void assertInvalid(
            String method, HandlerTarget target, String name, String problem, String remedy, OperationKind... kinds) {
        assertThatThrownBy(() -> endpoint(method, target, kinds))
                .isInstanceOfSatisfying(InvalidHandlerException.class, e -> {
                    assertThat(e.problem()).contains(name, problem);
                    assertThat(e.remedy()).contains(remedy);
                });
    }

    private static HandlerEndpoint endpoint(String name, HandlerTarget target, OperationKind... kinds) {
        Method method = Arrays.stream(Methods.class.getDeclaredMethods())
                .filter(m -> m.getName().equals(name))
                .findFirst()
                .orElseThrow();
        HandlerEndpoint endpoint = HandlerEndpoint.builder(name, target)
                .method(new Methods(), method)
                .kinds(kinds)
                .build();
        endpoint.bound();
        return endpoint;
    }
}
