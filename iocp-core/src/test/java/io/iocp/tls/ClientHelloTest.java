package io.iocp.tls;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.TestCertificates;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What is read out of the first bytes of a client, whatever they are. */
class ClientHelloTest {
    private static final int HEADER = 5;
    private static final int LONGER_THAN_ANY = 70_000;

    /** The record that a client of the JDK begins with. */
    private static byte[] hello(@Nullable String name) throws SSLException {
        SSLEngine engine = TestCertificates.client().createSSLEngine();
        engine.setUseClientMode(true);
        SSLParameters parameters = engine.getSSLParameters();
        parameters.setServerNames(name == null ? List.of() : List.of(new SNIHostName(name)));
        engine.setSSLParameters(parameters);
        engine.beginHandshake();
        ByteBuffer record = ByteBuffer.allocate(20_000);
        engine.wrap(ByteBuffer.allocate(0), record);
        return Arrays.copyOf(record.array(), record.position());
    }

    private static ClientHello of(byte[]... pieces) {
        ClientHello hello = new ClientHello();
        for (byte[] piece : pieces) {
            hello.add(ByteBuffer.wrap(piece));
        }
        return hello;
    }

    private static byte[] bytes(ClientHello hello) {
        byte[] all = new byte[hello.bytes().remaining()];
        hello.bytes().get(all);
        return all;
    }

    @Test
    void shouldFindTheNameInLowerCase() throws SSLException {
        ClientHello hello = of(hello("Some.Server.EXAMPLE"));
        assertThat(hello.isWhole()).isTrue();
        assertThat(hello.serverName()).isEqualTo("some.server.example");
    }

    @Test
    void shouldHaveNoNameWhereThereIsNone() throws SSLException {
        ClientHello hello = of(hello(null));
        assertThat(hello.isWhole()).isTrue();
        assertThat(hello.serverName()).isNull();
    }

    @Test
    void shouldWaitForTheRestAtEveryCut() throws SSLException {
        byte[] whole = hello("some.example");
        for (int cut = 0; cut < whole.length; cut++) {
            ClientHello hello = of(Arrays.copyOf(whole, cut));
            assertThat(hello.isWhole()).as("after %d bytes", cut).isFalse();
            assertThat(hello.serverName()).isNull();
            hello.add(ByteBuffer.wrap(whole, cut, whole.length - cut));
            assertThat(hello.isWhole()).isTrue();
            assertThat(hello.serverName()).isEqualTo("some.example");
            assertThat(bytes(hello)).isEqualTo(whole);
        }
    }

    @Test
    void shouldTakeOneByteAtATime() throws SSLException {
        byte[] whole = hello("some.example");
        ClientHello hello = new ClientHello();
        for (int i = 0; i < whole.length; i++) {
            assertThat(hello.isWhole()).isFalse();
            hello.add(ByteBuffer.wrap(whole, i, 1));
        }
        assertThat(hello.serverName()).isEqualTo("some.example");
        assertThat(bytes(hello)).isEqualTo(whole);
    }

    /** RFC 8446, 5.1: a message may be fragmented across several records. */
    @Test
    void shouldPutTheMessageTogetherOutOfSeveralRecords() throws SSLException {
        byte[] whole = hello("some.example");
        for (int size : new int[] {1, 3, 4, 50, 100}) {
            ByteBuffer records = ByteBuffer.allocate(whole.length * 6);
            for (int at = HEADER; at < whole.length; at += size) {
                int n = Math.min(size, whole.length - at);
                records.put((byte) 22).put((byte) 3).put((byte) 1).putShort((short) n);
                records.put(whole, at, n);
            }
            byte[] all = Arrays.copyOf(records.array(), records.position());
            ClientHello hello = of(Arrays.copyOf(all, all.length - 1));
            assertThat(hello.isWhole()).isFalse();
            hello.add(ByteBuffer.wrap(all, all.length - 1, 1));
            assertThat(hello.isWhole()).isTrue();
            assertThat(hello.serverName()).isEqualTo("some.example");
            assertThat(bytes(hello)).isEqualTo(all);
        }
    }

    @Test
    void shouldKeepWhatComesBehind() throws SSLException {
        byte[] whole = hello("some.example");
        byte[] more = {20, 3, 3, 0, 1, 1};
        ClientHello hello = of(whole, more);
        assertThat(hello.isWhole()).isTrue();
        assertThat(hello.serverName()).isEqualTo("some.example");
        assertThat(hello.bytes().remaining()).isEqualTo(whole.length + more.length);
    }

    @Test
    void shouldNotWaitForTheRestOfWhatIsNoHello() {
        for (byte[] other : List.of(
                "G".getBytes(StandardCharsets.US_ASCII),
                "GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII),
                new byte[] {0},
                new byte[] {22, 2},
                new byte[] {22, 3, 1, 0, 0},
                new byte[] {22, 3, 1, (byte) 0xff, (byte) 0xff},
                new byte[] {21, 3, 3, 0, 2, 2, 40},
                new byte[] {22, 3, 3, 0, 4, 20, 0, 0, 12})) {
            ClientHello hello = of(other);
            assertThat(hello.isWhole()).as(Arrays.toString(other)).isTrue();
            assertThat(hello.serverName()).isNull();
            assertThat(bytes(hello)).isEqualTo(other);
        }
    }

    @Test
    void shouldGiveUpOnOneThatIsLongerThanAny() {
        ClientHello hello = new ClientHello();
        byte[] record = new byte[HEADER + 16_384];
        record[0] = 22;
        record[1] = 3;
        record[2] = 1;
        record[3] = 0x40;
        record[HEADER] = 1;
        record[HEADER + 1] = 0x7f; // of eight million bytes
        int given = 0;
        while (!hello.isWhole()) {
            assertThat(given).as("bytes that are kept").isLessThan(LONGER_THAN_ANY);
            hello.add(ByteBuffer.wrap(record));
            given += record.length;
            record[HEADER] = 0;
        }
        assertThat(hello.serverName()).isNull();
    }

    @Test
    void shouldTakeANameForWhatItIs() throws SSLException {
        byte[] whole = hello("aaaaaaaaaaaa");
        int at = new String(whole, StandardCharsets.ISO_8859_1).indexOf("aaaaaaaaaaaa");
        assertThat(at).isPositive();
        for (String odd :
                List.of("a\0aaaaaaaaaa", "a aaaaaaaaaa", "aaaaa\u00ffaaaaaa", "../../../etc", "a\r\naaaaaaaaa")) {
            byte[] changed = whole.clone();
            System.arraycopy(odd.getBytes(StandardCharsets.ISO_8859_1), 0, changed, at, 12);
            ClientHello hello = of(changed);
            assertThat(hello.isWhole()).isTrue();
            assertThat(hello.serverName()).as(odd).isNull();
        }
        byte[] dotted = whole.clone();
        dotted[at + 11] = '.';
        assertThat(of(dotted).serverName()).isEqualTo("aaaaaaaaaaa");
    }

    @Test
    void shouldSurviveWhateverComes() throws SSLException {
        byte[] whole = hello("some.example");
        for (long seed = 0; seed < 20_000; seed++) {
            Random random = new Random(seed);
            byte[] changed =
                    random.nextInt(4) == 0 ? Arrays.copyOf(whole, random.nextInt(whole.length)) : whole.clone();
            for (int i = random.nextInt(6); i >= 0 && changed.length > 0; i--) {
                changed[random.nextInt(changed.length)] = (byte) random.nextInt(256);
            }
            ClientHello hello = new ClientHello();
            try {
                for (int at = 0; at < changed.length; ) {
                    int n = Math.min(changed.length - at, 1 + random.nextInt(300));
                    hello.add(ByteBuffer.wrap(changed, at, n));
                    at += n;
                }
                assertThat(bytes(hello)).isEqualTo(changed);
                String name = hello.serverName();
                if (name != null) {
                    assertThat(hello.isWhole()).isTrue();
                    assertThat(name).matches("[a-z0-9._-]*");
                }
                // However it goes on, nobody waits for ever.
                hello.add(ByteBuffer.allocate(LONGER_THAN_ANY));
                assertThat(hello.isWhole()).isTrue();
            } catch (Throwable failure) {
                throw new AssertionError("seed " + seed, failure);
            }
        }
    }
}
