package io.iocp.spring.autoconfigure;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.spring.framing.BoundedFraming;
import io.iocp.spring.framing.DelimiterFraming;
import io.iocp.spring.framing.FixedFraming;
import io.iocp.spring.framing.Framing;
import io.iocp.spring.framing.LengthFieldFraming;
import io.iocp.spring.framing.LineFraming;
import io.iocp.spring.framing.UnknownFramingException;
import io.iocp.spring.server.TcpServers;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

/** What the keys of a framing make, and what is said about those that make no sense. */
class FramingPropertiesTest {
    private static final String PREFIX = "iocp.servers.framed.framing.";

    private static ApplicationContextRunner application(String... framing) {
        return new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(IocpAutoConfiguration.class))
                .withPropertyValues("iocp.servers.framed.port=0", "iocp.servers.framed.address=127.0.0.1")
                .withPropertyValues(
                        Arrays.stream(framing).map(key -> PREFIX + key).toArray(String[]::new));
    }

    private static void check(Consumer<@Nullable BoundedFraming> check, String... framing) {
        application(framing)
                .run(context -> check.accept(
                        requireNonNull(context.getBean(TcpServers.class).server("framed"))
                                .settings()
                                .framing()));
    }

    @Test
    void shouldMakeNoneByDefault() {
        check(framing -> assertThat(framing).isNull());
    }

    @Test
    void shouldMakeLines() {
        check(
                framing -> assertThat(framing).isEqualTo(new BoundedFraming(new LineFraming(65_536, true), 65_538)),
                "type=line");
        check(
                framing -> assertThat(framing).isEqualTo(new BoundedFraming(new LineFraming(100, false), 102)),
                "type=line",
                "max-size=100B",
                "strip-delimiter=false");
    }

    @Test
    void shouldMakeFramesOfAFixedLengthOrWithDelimiters() {
        check(
                framing -> assertThat(framing).isEqualTo(new BoundedFraming(new FixedFraming(12), 12)),
                "type=fixed",
                "length=12");
        check(
                framing -> {
                    assertThat(requireNonNull(framing).framing()).isInstanceOf(DelimiterFraming.class);
                    assertThat(framing.maxLeftBytes()).isEqualTo(1024 + 4);
                },
                "type=delimiter",
                "max-size=1KB",
                "delimiter=\\r\\n\\r\\n");
    }

    @Test
    void shouldMakeFramesThatSayHowLongTheyAre() {
        check(
                framing -> assertThat(framing)
                        .isEqualTo(new BoundedFraming(
                                new LengthFieldFraming(1, 4, ByteOrder.LITTLE_ENDIAN, -5, 5, 2048), 2048)),
                "type=length-field",
                "max-size=2KB",
                "length-field.offset=1",
                "length-field.width=4",
                "length-field.order=little-endian",
                "length-field.adjustment=-5",
                "length-field.strip=5");
    }

    @ParameterizedTest(name = "{0} {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "type=line|max-size=0B|max-size|from 1B to 1GB",
                "type=line|max-size=2GB|max-size|from 1B to 1GB",
                "type=delimiter||delimiter|Must be set for type 'delimiter'",
                "type=delimiter|delimiter=\\q|delimiter|no escape that is known",
                "type=fixed||length|Must be set for type 'fixed'",
                "type=fixed|length=0|length|from 1 to the max-size, which is 65536 bytes",
                "type=fixed|length=70000|length|from 1 to the max-size",
                "type=length-field||length-field.width|1, 2, 3, 4 or 8",
                "type=length-field|length-field.width=5|length-field|1, 2, 3, 4 or 8 bytes, not 5",
                "type=bean||bean|Must be set to the name of a Framing bean",
                "|delimiter=x|delimiter|Has no effect with framing type 'none'. Set the type to 'delimiter'",
                "type=line|length=3|length|Has no effect with framing type 'line'. Set the type to 'fixed'",
                "type=line|length-field.width=2|length-field.width|Set the type to 'length-field', or remove this key",
                "type=line|bean=mine|bean|Set the type to 'bean'",
            })
    void shouldSayWhatIsWrongAndWhatToDo(@Nullable String one, @Nullable String two, String key, String reason) {
        application(one == null ? "strip-delimiter=true" : one, two == null ? "strip-delimiter=true" : two)
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .isInstanceOfSatisfying(InvalidConfigurationPropertyValueException.class, e -> {
                            assertThat(e.getName()).isEqualTo(PREFIX + key);
                            assertThat(e.getReason()).contains(reason);
                        }));
    }

    @Test
    void shouldTakeTheBeanOfTheName() {
        Framing lines = new LineFraming(10, true);
        application("type=bean", "bean=mine")
                .withBean("mine", Framing.class, () -> lines)
                .withBean("other", Framing.class, () -> new FixedFraming(1))
                .run(context -> assertThat(requireNonNull(requireNonNull(context.getBean(TcpServers.class)
                                                .server("framed"))
                                        .settings()
                                        .framing())
                                .framing())
                        .isSameAs(lines));
    }

    @Test
    void shouldNameTheBeansThatThereAreIfItIsNoneOfThem() {
        application("type=bean", "bean=mien")
                .withBean("mine", Framing.class, () -> new FixedFraming(1))
                .withBean("yours", Framing.class, () -> new FixedFraming(2))
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .isInstanceOfSatisfying(UnknownFramingException.class, e -> {
                            FailureAnalysis analysis = requireNonNull(new UnknownFramingFailureAnalyzer().analyze(e));
                            assertThat(analysis.getDescription())
                                    .isEqualTo("'" + PREFIX + "bean' names the framing bean 'mien', which does not"
                                            + " exist.");
                            assertThat(analysis.getAction()).contains("name one that exists: mine, yours.");
                        }));
    }
}
