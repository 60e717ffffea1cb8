package io.iocp.spring.framing;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.util.Objects.requireNonNull;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Gives a decoder a stream in pieces, as a connection does: what it leaves is given again, with more behind it. */
final class Pieces {
    /** How many pieces a stream is cut into at most where that is left to chance. */
    private static final int MOST_PIECES = 12;

    private final byte[] stream;

    Pieces(byte[] stream) {
        this.stream = stream;
    }

    /**
     * What comes out, frame by frame, and in the end why nothing more did: a word.
     *
     * @param cuts ascending places where the network cuts the stream
     */
    List<String> cutAt(Framing framing, int... cuts) {
        FrameDecoder<?> decoder = framing.open();
        List<String> out = new ArrayList<>();
        int consumed = 0;
        int[] ends = Arrays.copyOf(cuts, cuts.length + 1);
        ends[cuts.length] = stream.length;
        try {
            for (int end : ends) {
                // A copy that is as long as what has come: whoever looks further fails.
                ByteBuffer in = ByteBuffer.wrap(Arrays.copyOfRange(stream, consumed, end));
                while (true) {
                    Object frame = decoder.decode(in);
                    if (frame == null) {
                        break;
                    }
                    out.add(text(requireNonNull((ByteBuffer) frame)));
                }
                consumed += in.position();
            }
            decoder.ended();
            out.add(consumed == stream.length ? "end" : "in the middle");
        } catch (FrameTooLargeException e) {
            out.add("too large");
        } catch (FrameException e) {
            out.add("bad");
        }
        return out;
    }

    static String text(ByteBuffer frame) {
        byte[] bytes = new byte[frame.remaining()];
        frame.duplicate().get(bytes);
        return "<" + new String(bytes, ISO_8859_1) + ">";
    }

    /** Cuts of this stream, ascending. */
    int[] randomCuts(Random random) {
        return random.ints(random.nextInt(MOST_PIECES), 0, stream.length + 1)
                .sorted()
                .toArray();
    }

    /** A cut behind every byte. */
    int[] everywhere() {
        int[] cuts = new int[stream.length];
        Arrays.setAll(cuts, i -> i + 1);
        return cuts;
    }

    /** The same with some bytes changed, left out or put in. */
    static byte[] mutated(byte[] stream, byte[] alphabet, Random random) {
        byte[] changed = stream.clone();
        for (int i = random.nextInt(4); i >= 0 && changed.length > 1; i--) {
            int at = random.nextInt(changed.length);
            byte other = random.nextBoolean() ? alphabet[random.nextInt(alphabet.length)] : (byte) random.nextInt();
            switch (random.nextInt(3)) {
                case 0 -> changed[at] = other;
                case 1 -> {
                    byte[] shorter = Arrays.copyOf(changed, changed.length - 1);
                    System.arraycopy(changed, at + 1, shorter, at, shorter.length - at);
                    changed = shorter;
                }
                default -> {
                    byte[] longer = Arrays.copyOf(changed, changed.length + 1);
                    System.arraycopy(changed, at, longer, at + 1, changed.length - at);
                    longer[at] = other;
                    changed = longer;
                }
            }
        }
        return changed;
    }

    static byte[] bytes(@Nullable String latin) {
        return requireNonNull(latin).getBytes(ISO_8859_1);
    }
}
