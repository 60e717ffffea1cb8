package io.iocp.spring.framing;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iocp.Repository;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The framings that come with the library, beside what somebody would write who need not care for speed or pieces. */
class FramingTest {
    private static final int RANDOM_STREAMS = 300;

    /**
     * A framing and its like.
     *
     * @param naive what comes out of a whole stream, as {@link Pieces#cutAt} tells it
     * @param alphabet bytes that streams are made of
     */
    record Sample(String name, Framing framing, Function<byte[], List<String>> naive, String stream, String alphabet) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Arguments> samples() {
        return Stream.of(
                        lines(8, true),
                        lines(8, false),
                        lines(3, true),
                        delimited("\r\n\r\n", 7, true),
                        delimited("aab", 9, false),
                        delimited("aa", 4, true),
                        delimited("\0", 5, true),
                        new Sample("fixed 5", new FixedFraming(5), in -> fixed(in, 5), "abcdefghijklm", "abc"),
                        new Sample("fixed 1", new FixedFraming(1), in -> fixed(in, 1), "abc", "abc"),
                        lengths(0, 1, true, 0, 0, 12),
                        lengths(0, 2, true, 0, 2, 12),
                        lengths(1, 2, false, 0, 3, 14),
                        lengths(2, 3, true, -5, 0, 14),
                        lengths(0, 4, false, 1, 4, 14),
                        lengths(1, 8, true, 0, 9, 20),
                        lengths(0, 4, true, -4, 6, 20))
                .map(Arguments::of);
    }

    private static Sample lines(int most, boolean strip) {
        return new Sample(
                "lines of " + most + (strip ? "" : " with their ends"),
                new LineFraming(most, strip),
                in -> lines(in, most, strip),
                "ab\n\r\nc\r\r\nabcdefgh\r\nlast\n\n",
                "ab\r\n\n");
    }

    private static Sample delimited(String delimiter, int most, boolean strip) {
        return new Sample(
                "up to " + most + " before " + Arrays.toString(Pieces.bytes(delimiter)),
                new DelimiterFraming(Pieces.bytes(delimiter), most, strip),
                in -> delimited(in, Pieces.bytes(delimiter), most, strip),
                "abc" + delimiter + delimiter + "a" + delimiter + delimiter.charAt(0) + "x" + delimiter + "rest",
                delimiter + delimiter + "axb");
    }

    private static Sample lengths(int offset, int width, boolean bigEndian, int adjustment, int strip, int most) {
        LengthFieldFraming framing = new LengthFieldFraming(
                offset, width, bigEndian ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN, adjustment, strip, most);
        StringBuilder stream = new StringBuilder();
        for (int body : new int[] {0, 3, 1, 4}) {
            byte[] number = new byte[width];
            number[bigEndian ? width - 1 : 0] = (byte) (body - adjustment);
            stream.append("H".repeat(offset))
                    .append(new String(number, ISO_8859_1))
                    .append("wxyz", 0, body);
        }
        return new Sample(framing.toString(), framing, in -> lengths(in, framing), stream.toString(), "\0\1\2\5\7H");
    }

    // ---- the naive ones

    private static List<String> lines(byte[] in, int most, boolean strip) {
        List<String> out = new ArrayList<>();
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (byte each : in) {
            line.write(each);
            String all = line.toString(ISO_8859_1);
            String content = all.endsWith("\r\n")
                    ? all.substring(0, all.length() - 2)
                    : all.endsWith("\n") ? all.substring(0, all.length() - 1) : all;
            boolean whole = each == '\n';
            if (content.length() > most && (whole || !content.endsWith("\r") || content.length() > most + 1)) {
                out.add("too large");
                return out;
            }
            if (whole) {
                out.add("<" + (strip ? content : all) + ">");
                line.reset();
            }
        }
        out.add(line.size() == 0 ? "end" : "in the middle");
        return out;
    }

    private static List<String> delimited(byte[] in, byte[] delimiter, int most, boolean strip) {
        List<String> out = new ArrayList<>();
        String end = new String(delimiter, ISO_8859_1);
        String rest = new String(in, ISO_8859_1);
        while (true) {
            int at = rest.indexOf(end);
            // Of what has no end yet, as much is sure to be a frame's as can be no part of a delimiter any more.
            int length = at >= 0 ? at : rest.length() - end.length() + 1;
            if (length > most) {
                out.add("too large");
                return out;
            }
            if (at < 0) {
                out.add(rest.isEmpty() ? "end" : "in the middle");
                return out;
            }
            out.add("<" + rest.substring(0, strip ? at : at + end.length()) + ">");
            rest = rest.substring(at + end.length());
        }
    }

    private static List<String> fixed(byte[] in, int length) {
        List<String> out = new ArrayList<>();
        String rest = new String(in, ISO_8859_1);
        while (rest.length() >= length) {
            out.add("<" + rest.substring(0, length) + ">");
            rest = rest.substring(length);
        }
        out.add(rest.isEmpty() ? "end" : "in the middle");
        return out;
    }

    private static List<String> lengths(byte[] in, LengthFieldFraming framing) {
        List<String> out = new ArrayList<>();
        byte[] rest = in;
        int header = framing.offset() + framing.width();
        while (rest.length >= header) {
            byte[] number = Arrays.copyOfRange(rest, framing.offset(), header);
            if (framing.order() == ByteOrder.LITTLE_ENDIAN) {
                for (int i = 0; i < number.length / 2; i++) {
                    byte swapped = number[i];
                    number[i] = number[number.length - 1 - i];
                    number[number.length - 1 - i] = swapped;
                }
            }
            BigInteger length = new BigInteger(1, number).add(BigInteger.valueOf(header + (long) framing.adjustment()));
            if (length.compareTo(BigInteger.valueOf(header)) < 0) {
                out.add("bad");
                return out;
            }
            if (length.compareTo(BigInteger.valueOf(framing.maxSize())) > 0) {
                out.add("too large");
                return out;
            }
            int whole = length.intValueExact();
            if (whole < framing.stripBytes()) {
                out.add("bad");
                return out;
            }
            if (rest.length < whole) {
                break;
            }
            out.add("<" + new String(rest, framing.stripBytes(), whole - framing.stripBytes(), ISO_8859_1) + ">");
            rest = Arrays.copyOfRange(rest, whole, rest.length);
        }
        out.add(rest.length == 0 ? "end" : "in the middle");
        return out;
    }

    // ---- tests

    @ParameterizedTest(name = "{0}")
    @MethodSource("samples")
    void shouldMakeTheSameFramesWhereverTheStreamIsCutOnceOrTwice(Sample sample) {
        byte[] stream = Pieces.bytes(sample.stream());
        Pieces pieces = new Pieces(stream);
        List<String> expected = sample.naive().apply(stream);
        assertThat(pieces.cutAt(sample.framing())).isEqualTo(expected);
        assertThat(pieces.cutAt(sample.framing(), pieces.everywhere())).isEqualTo(expected);
        for (int first = 0; first <= stream.length; first++) {
            assertThat(pieces.cutAt(sample.framing(), first))
                    .as("cut at %s", first)
                    .isEqualTo(expected);
            for (int second = first; second <= stream.length; second++) {
                assertThat(pieces.cutAt(sample.framing(), first, second))
                        .as("cut at %s and %s", first, second)
                        .isEqualTo(expected);
            }
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("samples")
    void shouldMakeTheSameOfRandomStreamsInRandomPieces(Sample sample) {
        Random random = new Random(20_261);
        byte[] alphabet = Pieces.bytes(sample.alphabet());
        for (int i = 0; i < RANDOM_STREAMS; i++) {
            byte[] stream = i % 2 == 0
                    ? Pieces.mutated(Pieces.bytes(sample.stream().repeat(1 + i % 3)), alphabet, random)
                    : random(alphabet, random.nextInt(200), random);
            Pieces pieces = new Pieces(stream);
            List<String> expected = sample.naive().apply(stream);
            assertThat(pieces.cutAt(sample.framing(), pieces.everywhere()))
                    .as("%s, byte by byte", Arrays.toString(stream))
                    .isEqualTo(expected);
            int[] cuts = pieces.randomCuts(random);
            assertThat(pieces.cutAt(sample.framing(), cuts))
                    .as("%s, cut at %s", Arrays.toString(stream), Arrays.toString(cuts))
                    .isEqualTo(expected);
        }
    }

    private static byte[] random(byte[] alphabet, int length, Random random) {
        byte[] stream = new byte[length];
        for (int i = 0; i < length; i++) {
            stream[i] = alphabet[random.nextInt(alphabet.length)];
        }
        return stream;
    }

    @Test
    void shouldTakeALineOfExactlyTheMostAndRefuseOneByteMore() {
        LineFraming framing = new LineFraming(1000, true);
        String most = "x".repeat(1000);
        for (String end : List.of("\n", "\r\n")) {
            Pieces just = new Pieces(Pieces.bytes(most + end));
            assertThat(just.cutAt(framing)).containsExactly("<" + most + ">", "end");
            assertThat(just.cutAt(framing, just.everywhere())).containsExactly("<" + most + ">", "end");
            Pieces more = new Pieces(Pieces.bytes(most + "x" + end));
            assertThat(more.cutAt(framing)).containsExactly("too large");
            assertThat(more.cutAt(framing, more.everywhere())).containsExactly("too large");
        }
        assertThat(new Pieces(Pieces.bytes(most + "\r")).cutAt(framing)).containsExactly("in the middle");
        assertThat(new Pieces(Pieces.bytes(most + "\rx")).cutAt(framing)).containsExactly("too large");
        assertThat(new Pieces(Pieces.bytes(most + "x")).cutAt(framing))
                .as("before its end has come")
                .containsExactly("too large");
    }

    @Test
    void shouldRefuseAFrameAsSoonAsItsLengthIsKnown() {
        LengthFieldFraming framing = new LengthFieldFraming(0, 4, ByteOrder.BIG_ENDIAN, 0, 4, 104);
        assertThat(new Pieces(new byte[] {0, 0, 0, 100}).cutAt(framing)).containsExactly("in the middle");
        assertThat(new Pieces(new byte[] {0, 0, 0, 101}).cutAt(framing)).containsExactly("too large");
        assertThat(new Pieces(new byte[] {-1, -1, -1, -1}).cutAt(framing)).containsExactly("too large");
    }

    @Test
    void shouldNotOverflowOnTheLargestLengths() {
        for (int adjustment : new int[] {Integer.MIN_VALUE, -1, 0, 1, Integer.MAX_VALUE}) {
            LengthFieldFraming framing =
                    new LengthFieldFraming(3, 8, ByteOrder.BIG_ENDIAN, adjustment, 0, Integer.MAX_VALUE);
            for (long value : new long[] {
                Long.MAX_VALUE, Long.MAX_VALUE - 10, Long.MIN_VALUE, -1, 1L << 32, (1L << 32) - 12, Integer.MAX_VALUE
            }) {
                byte[] stream = ByteBuffer.allocate(11).putLong(3, value).array();
                assertThat(new Pieces(stream).cutAt(framing))
                        .as("%s + %s", value, adjustment)
                        .isEqualTo(lengths(stream, framing));
            }
        }
    }

    @Test
    void shouldNeverCutACharacter() {
        String text = "zażółć\ngęślą jaźń\r\n日本語\n🙂🙂\n";
        byte[] stream = text.getBytes(UTF_8);
        Pieces pieces = new Pieces(stream);
        List<String> expected = Stream.of("zażółć", "gęślą jaźń", "日本語", "🙂🙂")
                .map(line -> Pieces.text(ByteBuffer.wrap(line.getBytes(UTF_8))))
                .toList();
        for (int cut = 0; cut <= stream.length; cut++) {
            assertThat(pieces.cutAt(new LineFraming(100, true), cut)).startsWith(expected.toArray(String[]::new));
        }
    }

    @Test
    void shouldCopyNothingOfAFrameThatIsWhole() throws FrameException {
        ByteBuffer in =
                ByteBuffer.allocateDirect(64).put(Pieces.bytes("one\ntwo\n")).flip();
        FrameDecoder<ByteBuffer> decoder = new LineFraming(10, true).open();
        ByteBuffer first = decoder.decode(in);
        in.put(0, (byte) '1');
        assertThat(Pieces.text(java.util.Objects.requireNonNull(first))).isEqualTo("<1ne>");
        assertThat(first.isDirect()).isTrue();
    }

    @Test
    void shouldReadDelimitersWithEscapes() {
        assertThat(Delimiter.parse("\\r\\n")).isEqualTo(new byte[] {'\r', '\n'});
        assertThat(Delimiter.parse("|\\t\\0\\\\\\x7f\\xFF€"))
                .isEqualTo(new byte[] {'|', '\t', 0, '\\', 0x7f, -1, (byte) 0xe2, (byte) 0x82, (byte) 0xac});
        for (String wrong : List.of("", "\\", "\\q", "\\x", "\\x1", "\\x1g", "a\\")) {
            assertThatThrownBy(() -> Delimiter.parse(wrong)).as(wrong).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void shouldRefuseWhatCanBeNoFraming() {
        assertThatThrownBy(() -> new FixedFraming(0)).hasMessageContaining("a byte at least");
        assertThatThrownBy(() -> new LineFraming(0, true)).hasMessageContaining("a byte at least");
        assertThatThrownBy(() -> new DelimiterFraming(new byte[0], 1, true)).hasMessageContaining("a byte at least");
        assertThatThrownBy(() -> new LengthFieldFraming(0, 5, ByteOrder.BIG_ENDIAN, 0, 0, 100))
                .hasMessageContaining("1, 2, 3, 4 or 8 bytes, not 5");
        assertThatThrownBy(() -> new LengthFieldFraming(4, 4, ByteOrder.BIG_ENDIAN, 0, 0, 7))
                .hasMessageContaining("no room for its header");
        assertThatThrownBy(() -> new LengthFieldFraming(-1, 4, ByteOrder.BIG_ENDIAN, 0, 0, 7))
                .hasMessageContaining("negative");
    }

    @Test
    void shouldDoWhatTheDocumentationSays() throws IOException {
        String page = Files.readString(Repository.root().orElseThrow().resolve("docs/framing.md"));
        for (String line : Files.readAllLines(Repository.root()
                .orElseThrow()
                .resolve("iocp-spring-boot-starter/src/test/java/io/iocp/spring/framing/Netstrings.java"))) {
            String code = line.strip();
            if (line.startsWith(" ".repeat(12)) && !code.startsWith("@")) {
                assertThat(page).contains(code);
            }
        }
        Pieces pieces = new Pieces(Pieces.bytes("5:hello,0:,12:hello, world,"));
        List<String> expected = List.of("<hello>", "<>", "<hello, world>", "end");
        assertThat(pieces.cutAt(Netstrings.framing())).isEqualTo(expected);
        assertThat(pieces.cutAt(Netstrings.framing(), pieces.everywhere())).isEqualTo(expected);
        assertThat(new Pieces(Pieces.bytes("1:a,x")).cutAt(Netstrings.framing()))
                .containsExactly("<a>", "bad");
    }
}
