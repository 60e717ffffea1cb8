package io.iocp.demo.kv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogReaderTest {

    private static final String FIRST = text(Kv.request("SET", "a", "1"));
    private static final String SECOND = text(Kv.request("RPUSH", "l", "x\r\ny", ""));

    @TempDir
    Path directory;

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static LogReader reader(String log) {
        return new LogReader(MemorySegment.ofArray(bytes(log)));
    }

    @Test
    void shouldCutALogIntoItsCommands() throws CorruptLogException {
        LogReader reader = reader(FIRST + SECOND);

        assertThat(Arrays.deepEquals(reader.next(), new byte[][] {bytes("SET"), bytes("a"), bytes("1")}))
                .isTrue();
        assertThat(reader.whole()).isEqualTo(FIRST.length());
        assertThat(Arrays.deepEquals(
                        reader.next(), new byte[][] {bytes("RPUSH"), bytes("l"), bytes("x\r\ny"), bytes("")}))
                .isTrue();
        assertThat(reader.next()).isNull();
        assertThat(reader.whole()).isEqualTo(FIRST.length() + SECOND.length());
    }

    @Test
    void shouldFindTheLastWholeCommandWhereverTheLogIsCut() throws CorruptLogException {
        String log = FIRST + SECOND + FIRST;
        for (int length = 0; length <= log.length(); length++) {
            LogReader reader = reader(log.substring(0, length));
            int commands = 0;
            while (reader.next() != null) {
                commands++;
            }
            int whole = length < FIRST.length()
                    ? 0
                    : length < FIRST.length() + SECOND.length()
                            ? FIRST.length()
                            : length < log.length() ? FIRST.length() + SECOND.length() : log.length();
            assertThat(reader.whole()).as("cut at %d", length).isEqualTo(whole);
            assertThat(commands).isLessThanOrEqualTo(3);
            assertThat(reader.hasCommandBehindTheCut(name -> true)).isFalse();
        }
    }

    @Test
    void shouldRefuseBytesThatNobodyWrote() {
        assertCorrupt("SET a 1\r\n", FIRST.length(), "expected '*', found 'S'");
        assertCorrupt("*3\r\n:5\r\n", FIRST.length() + 4, "expected '$', found ':'");
        assertCorrupt("*1\r\n$4\r\nPINGxx", FIRST.length() + 12, "expected 0x0d, found 'x'");
        assertCorrupt("*0\r\n", FIRST.length() + 4, "no arguments");
        assertCorrupt("*-1\r\n", FIRST.length() + 1, "no number: '-'");
        assertCorrupt("*1\r\n$99\r\n", FIRST.length() + 9, "no command has a name of 99 bytes");
        assertCorrupt("*2\r\n$3\r\nGET\r\n$999999999\r\n", FIRST.length() + 25, "no argument has 999999999 bytes");
        assertCorrupt("\0\0\0*", FIRST.length(), "zeros");
    }

    private static void assertCorrupt(String behind, long offset, String message) {
        LogReader reader = reader(FIRST + behind);
        assertThatThrownBy(() -> {
                    while (reader.next() != null) {
                        assertThat(reader.whole()).isPositive();
                    }
                })
                .isInstanceOfSatisfying(CorruptLogException.class, corrupt -> {
                    assertThat(corrupt).hasMessageContaining(message);
                    assertThat(corrupt.offset()).isEqualTo(offset);
                    assertThat(corrupt.wholeBytes()).isEqualTo(FIRST.length());
                });
    }

    @Test
    void shouldTakeZerosAtTheEndForBytesThatWereNotWritten() throws CorruptLogException {
        LogReader reader = reader(FIRST + "\0".repeat(5000));

        assertThat(reader.next()).isNotNull();
        assertThat(reader.next()).isNull();
    }

    // ---- as the server starts

    @Test
    void shouldCutOffWhatACrashLeftAndNothingElse() throws IOException {
        Path log = directory.resolve("kv.aof");
        Files.write(log, bytes(FIRST + SECOND + FIRST.substring(0, 20)));
        Kv kv = new Kv();

        assertThat(LogReplay.run(log, kv.commands)).isEqualTo(FIRST.length() + SECOND.length());

        assertThat(Files.readString(log, StandardCharsets.ISO_8859_1)).isEqualTo(FIRST + SECOND);
        assertThat(kv.call("GET", "a")).isEqualTo("\"1\"");
        assertThat(kv.call("LLEN", "l")).isEqualTo("(integer) 2");
    }

    @Test
    void shouldRefuseADamagedLengthThatLooksLikeATruncatedTail() throws IOException {
        Path log = directory.resolve("kv.aof");
        String damaged = "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$100000\r\n1\r\n" + SECOND + FIRST;
        Files.write(log, bytes(FIRST + damaged));

        assertThatThrownBy(() -> LogReplay.run(log, new Kv().commands))
                .isInstanceOfSatisfying(UnreadableLogException.class, refused -> {
                    assertThat(refused)
                            .hasMessageContaining(log + " is corrupt at offset " + FIRST.length() + " of "
                                    + (FIRST + damaged).length());
                    assertThat(refused.remedy())
                            .contains(
                                    "lose the " + damaged.length() + " bytes",
                                    "truncate -s " + FIRST.length() + " " + log);
                });
        assertThat(Files.readString(log, StandardCharsets.ISO_8859_1)).isEqualTo(FIRST + damaged);
    }

    @Test
    void shouldRefuseCommandsThatChangeNothingOrFail() throws IOException {
        for (String[] wrong : new String[][] {{"GET", "a"}, {"NONSENSE"}, {"SET", "a"}, {"LPUSH", "a", "1"}}) {
            Path log = directory.resolve("kv.aof");
            Files.write(log, bytes(FIRST + text(Kv.request(wrong)) + SECOND));

            assertThatThrownBy(() -> LogReplay.run(log, new Kv().commands))
                    .isInstanceOf(UnreadableLogException.class)
                    .hasMessageContaining("corrupt at offset " + FIRST.length());
        }
    }

    @Test
    void shouldReplayAnEmptyLog() throws IOException {
        Path log = Files.createFile(directory.resolve("kv.aof"));

        assertThat(LogReplay.run(log, new Kv().commands)).isZero();
    }
}
