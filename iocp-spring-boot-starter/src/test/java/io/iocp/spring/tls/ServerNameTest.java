package io.iocp.spring.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Map;
import org.junit.jupiter.api.Test;

class ServerNameTest {
    private static final Map<String, String> NAMES =
            Map.of("a.example.com", "exact", "*.example.com", "pattern", "*.b.example.com", "deeper");

    @Test
    void shouldPreferTheNameItselfToAPattern() {
        assertThat(ServerName.find(NAMES, "a.example.com")).isEqualTo("exact");
        assertThat(ServerName.find(NAMES, "A.Example.COM.")).isEqualTo("exact");
    }

    @Test
    void shouldLetAPatternStandForOneLabel() {
        assertThat(ServerName.find(NAMES, "c.example.com")).isEqualTo("pattern");
        assertThat(ServerName.find(NAMES, "a.b.example.com")).isEqualTo("deeper");
        assertThat(ServerName.find(NAMES, "a.c.example.com")).isNull();
        assertThat(ServerName.find(NAMES, "example.com")).isNull();
        assertThat(ServerName.find(NAMES, ".example.com")).isNull();
        assertThat(ServerName.find(NAMES, "com")).isNull();
        assertThat(ServerName.find(NAMES, "")).isNull();
    }

    @Test
    void shouldCompareNamesAsTheyAreSent() {
        assertThat(ServerName.normalized("WWW.Example.com.")).isEqualTo("www.example.com");
        assertThat(ServerName.normalized("*.Example.com")).isEqualTo("*.example.com");
        assertThat(ServerName.normalized("b\u00fccher.example")).isEqualTo("xn--bcher-kva.example");
    }

    @Test
    void shouldRefuseWhatIsNoNameAndSayWhy() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ServerName.normalized("a.*.example.com"))
                .withMessageContaining("whole first label");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ServerName.normalized("*"))
                .withMessageContaining("whole first label");
        assertThatIllegalArgumentException().isThrownBy(() -> ServerName.normalized("*."));
        assertThatIllegalArgumentException().isThrownBy(() -> ServerName.normalized(" "));
        assertThatIllegalArgumentException().isThrownBy(() -> ServerName.normalized("not a name"));
    }
}
