package io.iocp.demo.kv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RespDecoderTest {

    private static final long SEED = Long.getLong("iocp.seed", 20_26L);

    @Test
    void shouldDecodeAnArrayOfBulkStrings() throws ProtocolError {
        assertThat(decode("*3\r\n$3\r\nSET\r\n$1\r\na\r\n$0\r\n\r\n")).containsExactly(List.of("SET", "a", ""));
    }

    @Test
    void shouldDecodePipelinedCommandsOneAfterTheOther() throws ProtocolError {
        assertThat(decode("*1\r\n$4\r\nPING\r\nPING x\r\n*1\r\n$4\r\nQUIT\r\n"))
                .containsExactly(List.of("PING"), List.of("PING", "x"), List.of("QUIT"));
    }

    @Test
    void shouldTakeEmptyAndNullArraysAndEmptyLinesForNoCommand() throws ProtocolError {
        assertThat(decode("*0\r\n*-1\r\n\r\n\n   \r\n*1\r\n$4\r\nPING\r\n")).containsExactly(List.of("PING"));
    }

    @Test
    void shouldKeepBinaryArgumentsAsTheyAre() throws ProtocolError {
        byte[] every = new byte[256];
        for (int at = 0; at < every.length; at++) {
            every[at] = (byte) at;
        }
        String text = new String(every, StandardCharsets.ISO_8859_1);

        assertThat(decode("*2\r\n$4\r\nECHO\r\n$256\r\n" + text + "\r\n")).containsExactly(List.of("ECHO", text));
    }

    @Test
    void shouldReadDirectBuffersAtAnyPosition() throws ProtocolError {
        ByteBuffer in = ByteBuffer.allocateDirect(100).position(7);
        in.put(Kv.request("GET", "k")).limit(in.position()).position(7);
        RespDecoder decoder = new RespDecoder();

        assertThat(decoder.next(in)).isTrue();
        assertThat(texts(decoder.arguments())).containsExactly("GET", "k");
        assertThat(in.hasRemaining()).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "SET key value|SET,key,value",
                "  SET   key\tvalue |SET,key,value",
                "SET k \"a b\"|SET,k,a b",
                "SET k \"\\x41\\x6a\\\"\\\\\\q\"|SET,k,Aj\"\\q",
                "SET k 'a \\'b\\' \\n'|SET,k,a 'b' \\n",
                "SET k pre\"in side\"|SET,k,prein side",
                "SET k \"\\x4\"|SET,k,x4",
            })
    void shouldSplitInlineCommandsAsRedisDoes(String line, String arguments) throws ProtocolError {
        assertThat(decode(line + "\r\n")).containsExactly(List.of(arguments.split(",", -1)));
    }

    @Test
    void shouldUnescapeControlCharactersInDoubleQuotes() throws ProtocolError {
        assertThat(decode("ECHO \"\\n\\r\\t\\b\\a\"\n")).containsExactly(List.of("ECHO", "\n\r\t\b\u0007"));
    }

    @Test
    void shouldKnowAnEmptyQuotedArgument() throws ProtocolError {
        assertThat(decode("SET k \"\"\r\n")).containsExactly(List.of("SET", "k", ""));
    }

    @ParameterizedTest
    @ValueSource(strings = {"SET k \"a", "SET k 'a", "SET k \"a\"b", "SET k 'a'b", "SET k \"a\\", "\""})
    void shouldRefuseUnbalancedQuotes(String line) {
        assertThatThrownBy(() -> decode(line + "\r\n"))
                .isInstanceOf(ProtocolError.class)
                .hasMessage("Protocol error: unbalanced quotes in request");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"*x\r\n", "*\r\n", "*1048577\r\n", "*99999999999999999999\r\n", "*1x\r\n", "*01\r\n", "*+1\r\n"})
    void shouldRefuseInvalidNumbersOfArguments(String request) {
        assertThatThrownBy(() -> decode(request))
                .isInstanceOf(ProtocolError.class)
                .hasMessage("Protocol error: invalid multibulk length");
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1\r\n", "x\r\n", "\r\n", "67108865\r\n", "99999999999999999999\r\n", "3 \r\n", "007\r\n"})
    void shouldRefuseInvalidLengthsOfArguments(String length) {
        assertThatThrownBy(() -> decode("*1\r\n$" + length))
                .isInstanceOf(ProtocolError.class)
                .hasMessage("Protocol error: invalid bulk length");
    }

    @Test
    void shouldNameWhatCameInsteadOfADollar() {
        assertThatThrownBy(() -> decode("*1\r\nx4\r\n"))
                .isInstanceOf(ProtocolError.class)
                .hasMessage("Protocol error: expected '$', got 'x'");
    }

    @Test
    void shouldTakeAnInlineLineOfTheFullLengthAndRefuseOneByteMore() throws ProtocolError {
        String longest = "x".repeat(64 << 10);

        assertThat(decode(longest + "\n")).containsExactly(List.of(longest));
        assertThatThrownBy(() -> decode(longest + "x"))
                .isInstanceOf(ProtocolError.class)
                .hasMessage("Protocol error: too big inline request");
    }

    @Test
    void shouldRefuseALongInlineLineAsWellWhenItComesInFragments() throws ProtocolError {
        RespDecoder decoder = new RespDecoder();
        decoder.next(ByteBuffer.wrap("x".repeat(60 << 10).getBytes(StandardCharsets.US_ASCII)));

        assertThatThrownBy(() -> decoder.next(ByteBuffer.wrap(new byte[5 << 10])))
                .hasMessage("Protocol error: too big inline request");
    }

    @Test
    void shouldTakeTheLongestArgument() throws ProtocolError {
        RespDecoder decoder = new RespDecoder();
        decoder.next(ByteBuffer.wrap("*1\r\n$67108864\r\n".getBytes(StandardCharsets.US_ASCII)));
        byte[] piece = new byte[1 << 20];
        Arrays.fill(piece, (byte) 'x');
        for (int sent = 0; sent < 64; sent++) {
            assertThat(decoder.next(ByteBuffer.wrap(piece))).isFalse();
        }

        assertThat(decoder.next(ByteBuffer.wrap("\r\n".getBytes(StandardCharsets.US_ASCII))))
                .isTrue();
        assertThat(decoder.arguments()[0]).hasSize(64 << 20).startsWith('x').endsWith('x');
    }

    @Test
    void shouldTakeTheMostArguments() throws ProtocolError {
        RespDecoder decoder = new RespDecoder();
        decoder.next(ByteBuffer.wrap("*1048576\r\n".getBytes(StandardCharsets.US_ASCII)));
        byte[] argument = "$1\r\na\r\n".getBytes(StandardCharsets.US_ASCII);
        for (int sent = 1; sent < 1_048_576; sent++) {
            decoder.next(ByteBuffer.wrap(argument));
        }

        assertThat(decoder.next(ByteBuffer.wrap(argument))).isTrue();
        assertThat(decoder.arguments()).hasDimensions(1_048_576, 1);
    }

    @Test
    void shouldRefuseACommandWhoseArgumentsTogetherAreTooLong() throws ProtocolError {
        RespDecoder decoder = new RespDecoder();
        String header = "$67108864\r\n";
        ByteBuffer bulk = ByteBuffer.allocateDirect((64 << 20) + 2);
        decoder.next(ByteBuffer.wrap("*5\r\n".getBytes(StandardCharsets.US_ASCII)));
        for (int sent = 0; sent < 4; sent++) {
            decoder.next(ByteBuffer.wrap(header.getBytes(StandardCharsets.US_ASCII)));
            decoder.next(bulk.clear());
        }

        assertThatThrownBy(() -> decoder.next(ByteBuffer.wrap("$1\r\n".getBytes(StandardCharsets.US_ASCII))))
                .hasMessage("Protocol error: too big command");
    }

    @ParameterizedTest
    @ValueSource(strings = {"*1\r\n$67108864\r\nabc", "*1048576\r\n$3\r\nSET\r\n", "*1048576\r\n$67108864\r\nx"})
    void shouldNotAllocateWhatWasOnlyAnnounced(String request) throws ProtocolError {
        // Once before, so that what class loading allocates is not counted.
        decode(request);

        assertThat(allocatedBytes(() -> decode(request))).isLessThan(64 << 10);
    }

    @Test
    void shouldDecodeTheSameCommandsHoweverTheBytesAreCut() throws ProtocolError {
        Random random = new Random(SEED);
        for (int round = 0; round < 300; round++) {
            StringBuilder stream = new StringBuilder();
            List<List<String>> expected = new ArrayList<>();
            for (int command = random.nextInt(1, 12); command > 0; command--) {
                expected.add(appendCommand(stream, random));
            }
            byte[] bytes = stream.toString().getBytes(StandardCharsets.ISO_8859_1);

            assertThat(decode(bytes, bytes.length)).as("whole, seed %d", SEED).isEqualTo(expected);
            assertThat(decode(bytes, 1)).as("byte by byte, seed %d", SEED).isEqualTo(expected);
            assertThat(decode(bytes, random.nextInt(2, 40)))
                    .as("cut, seed %d", SEED)
                    .isEqualTo(expected);
        }
    }

    @Test
    void shouldMeetGarbageWithNothingButProtocolErrorsAndTheSameHoweverItIsCut() {
        Random random = new Random(SEED);
        String letters = "*$0123456789-\r\n\r\n\r\n\"'\\ xA";
        for (int round = 0; round < 3_000; round++) {
            byte[] garbage = new byte[random.nextInt(1, 400)];
            if (round % 3 == 0) {
                random.nextBytes(garbage);
            } else {
                for (int at = 0; at < garbage.length; at++) {
                    garbage[at] = (byte) letters.charAt(random.nextInt(letters.length()));
                }
            }

            String whole = outcome(garbage, garbage.length);

            assertThat(outcome(garbage, 1)).as("seed %d", SEED).isEqualTo(whole);
            assertThat(outcome(garbage, random.nextInt(2, 30)))
                    .as("seed %d", SEED)
                    .isEqualTo(whole);
        }
    }

    @Test
    void shouldAllocateInProportionToTheGarbageThatItGets() throws ProtocolError {
        Random random = new Random(SEED);
        byte[] garbage = new byte[1 << 20];
        random.nextBytes(garbage);
        outcome(garbage, garbage.length);

        assertThat(allocatedBytes(() -> outcome(garbage, 4_096))).isLessThan(16 << 20);
    }

    private static List<String> appendCommand(StringBuilder stream, Random random) {
        List<String> arguments = new ArrayList<>();
        boolean inline = random.nextInt(4) == 0;
        for (int left = random.nextInt(1, 25); left > 0; left--) {
            StringBuilder argument = new StringBuilder();
            for (int length = random.nextInt(inline ? 1 : 0, 40); length > 0; length--) {
                argument.append((char) (inline ? random.nextInt('a', 'z') : random.nextInt(256)));
            }
            arguments.add(argument.toString());
        }
        if (inline) {
            stream.append(String.join(" ", arguments)).append(random.nextBoolean() ? "\r\n" : "\n");
        } else {
            stream.append(new String(Kv.request(arguments.toArray(String[]::new)), StandardCharsets.ISO_8859_1));
        }
        return arguments;
    }

    private static String outcome(byte[] bytes, int fragment) {
        RespDecoder decoder = new RespDecoder();
        List<List<String>> commands = new ArrayList<>();
        try {
            decode(decoder, bytes, fragment, commands);
            return commands.toString();
        } catch (ProtocolError broken) {
            return commands + " " + broken.getMessage();
        }
    }

    private static List<List<String>> decode(String request) throws ProtocolError {
        byte[] bytes = request.getBytes(StandardCharsets.ISO_8859_1);
        return decode(bytes, bytes.length);
    }

    private static List<List<String>> decode(byte[] bytes, int fragment) throws ProtocolError {
        List<List<String>> commands = new ArrayList<>();
        decode(new RespDecoder(), bytes, fragment, commands);
        return commands;
    }

    private static void decode(RespDecoder decoder, byte[] bytes, int fragment, List<List<String>> commands)
            throws ProtocolError {
        for (int at = 0; at < bytes.length; at += fragment) {
            ByteBuffer in = ByteBuffer.wrap(bytes, at, Math.min(fragment, bytes.length - at));
            while (decoder.next(in)) {
                commands.add(texts(decoder.arguments()));
            }
            assertThat(in.hasRemaining()).isFalse();
        }
    }

    private static List<String> texts(byte[][] arguments) {
        return Arrays.stream(arguments)
                .map(argument -> new String(argument, StandardCharsets.ISO_8859_1))
                .toList();
    }

    /** Something to measure. */
    @FunctionalInterface
    private interface Work {
        void run() throws ProtocolError;
    }

    private static long allocatedBytes(Work work) throws ProtocolError {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        work.run();
        return threads.getCurrentThreadAllocatedBytes() - before;
    }
}
