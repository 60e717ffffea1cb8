package io.iocp.demo.kv;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ConnectionCommandsTest {

    private final Kv kv = new Kv();

    @Test
    void shouldAnswerPingAndEcho() {
        assertThat(kv.call("PING")).isEqualTo("PONG");
        assertThat(kv.call("PING", "hello")).isEqualTo("\"hello\"");
        assertThat(kv.call("ECHO", "hello")).isEqualTo("\"hello\"");
    }

    @Test
    void shouldHaveOneDatabase() {
        assertThat(kv.call("SELECT", "0")).isEqualTo("OK");
        assertThat(kv.call("SELECT", "1")).isEqualTo("(error) ERR DB index is out of range");
        assertThat(kv.call("SELECT", "-1")).isEqualTo("(error) ERR DB index is out of range");
        assertThat(kv.call("SELECT", "x")).isEqualTo(Kv.NOT_AN_INTEGER);
    }

    @Test
    void shouldSpeakTheSecondVersionOfTheProtocolOnly() {
        assertThat(kv.call("HELLO"))
                .isEqualTo("[\"server\" \"redis\" \"version\" \"7.0.0\" \"proto\" (integer) 2 \"id\" (integer) 1"
                        + " \"mode\" \"standalone\" \"role\" \"master\" \"modules\" []]");
        assertThat(kv.call("HELLO", "2", "SETNAME", "me")).startsWith("[\"server\"");
        assertThat(kv.call("CLIENT", "GETNAME")).isEqualTo("\"me\"");
        assertThat(kv.call("HELLO", "3")).isEqualTo("(error) NOPROTO unsupported protocol version");
        assertThat(kv.call("HELLO", "x")).isEqualTo("(error) ERR Protocol version is not an integer or out of range");
        assertThat(kv.call("HELLO", "2", "FOO")).isEqualTo("(error) ERR Syntax error in HELLO option 'FOO'");
    }

    @Test
    void shouldRememberTheNameOfAClient() {
        assertThat(kv.call("CLIENT", "GETNAME")).isEqualTo("(nil)");
        assertThat(kv.call("CLIENT", "SETNAME", "worker-1")).isEqualTo("OK");
        assertThat(kv.call("CLIENT", "GETNAME")).isEqualTo("\"worker-1\"");
        assertThat(kv.call("CLIENT", "SETNAME", "a b"))
                .isEqualTo("(error) ERR Client names cannot contain spaces, newlines or special characters.");
        assertThat(kv.call("CLIENT", "SETNAME", "")).isEqualTo("OK");
        assertThat(kv.call("CLIENT", "GETNAME")).isEqualTo("(nil)");
    }

    @Test
    void shouldDescribeTheClientsThatAreConnected() {
        kv.call("CLIENT", "SETNAME", "first");
        kv.call("CLIENT", "SETINFO", "LIB-NAME", "jedis");
        kv.call("CLIENT", "SETINFO", "lib-ver", "5.0");
        kv.clock.advance(3_000);
        KvSession other = new KvSession(kv.commands, "10.0.0.9:1", "10.0.0.2:6380");

        assertThat(kv.call("CLIENT", "ID")).isEqualTo("(integer) 1");
        assertThat(kv.call("CLIENT", "INFO"))
                .isEqualTo(
                        "\"id=1 addr=10.0.0.1:5000 laddr=10.0.0.2:6380 name=first age=3 idle=0 flags=N db=0 cmd=client"
                                + " user=default resp=2 lib-name=jedis lib-ver=5.0\n\"");
        assertThat(kv.call("CLIENT", "LIST"))
                .contains("id=1 addr=10.0.0.1:5000")
                .contains("id=2 addr=10.0.0.9:1");

        other.close();

        assertThat(kv.call("CLIENT", "LIST")).doesNotContain("id=2");
    }

    @Test
    void shouldRefuseWhatItCannotSayOfClients() {
        assertThat(kv.call("CLIENT", "KILL", "x")).isEqualTo("(error) ERR unknown subcommand 'KILL'. Try CLIENT HELP.");
        assertThat(kv.call("CLIENT", "ID", "x"))
                .isEqualTo("(error) ERR wrong number of arguments for 'client|id' command");
        assertThat(kv.call("CLIENT", "SETINFO", "foo", "x")).isEqualTo("(error) ERR Unrecognized option 'foo'");
    }
}
