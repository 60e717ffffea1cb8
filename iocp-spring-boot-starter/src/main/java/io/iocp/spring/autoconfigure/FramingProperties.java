package io.iocp.spring.autoconfigure;

import io.iocp.spring.framing.BoundedFraming;
import io.iocp.spring.framing.Delimiter;
import io.iocp.spring.framing.DelimiterFraming;
import io.iocp.spring.framing.FixedFraming;
import io.iocp.spring.framing.Framing;
import io.iocp.spring.framing.LengthFieldFraming;
import io.iocp.spring.framing.LineFraming;
import java.nio.ByteOrder;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.util.unit.DataSize;

/**
 * How the bytes of connections are cut into frames, which is what handlers get.
 *
 * @param type How frames end: 'none' for bytes as they come, 'line', 'delimiter', 'fixed', 'length-field', or 'bean' for a Framing
 *     bean.
 * @param maxSize Most bytes of a frame; a connection that sends more is closed. The end of a line and a delimiter are not
 *     counted, the header with the length is.
 * @param delimiter What frames of type 'delimiter' end with. Text with the escapes '\r', '\n', '\t', '\0', '\\' and '\xNN'.
 * @param stripDelimiter Whether line ends and delimiters are left out of what handlers get.
 * @param length Bytes of each frame of type 'fixed'.
 * @param lengthField Where frames of type 'length-field' say how long they are.
 * @param bean Name of the Framing bean of type 'bean'.
 */
public record FramingProperties(
        @DefaultValue("none") Type type,
        @DefaultValue("64KB") DataSize maxSize,
        @Nullable String delimiter,
        @DefaultValue("true") boolean stripDelimiter,
        @Nullable Integer length,
        @DefaultValue LengthField lengthField,
        @Nullable String bean) {

    private static final long LARGEST_SIZE = 1 << 30;

    /** How frames end. */
    public enum Type {
        /** There are none: a handler gets bytes as they come. */
        NONE,
        /** With a line feed, or a carriage return and a line feed. */
        LINE,
        /** With given bytes. */
        DELIMITER,
        /** After a fixed number of bytes. */
        FIXED,
        /** After as many bytes as a number at their beginning says. */
        LENGTH_FIELD,
        /** As a bean says. */
        BEAN
    }

    /** Order of a number's bytes. */
    public enum Order {
        BIG_ENDIAN,
        LITTLE_ENDIAN
    }

    /**
     * The number that says how long a frame is.
     *
     * @param offset Bytes of the frame before the number.
     * @param width Bytes of the number: 1, 2, 3, 4 or 8. Required for type 'length-field'.
     * @param order Order of the number's bytes.
     * @param adjustment Added to the number. With it the number must say how many bytes follow it.
     * @param strip Bytes at the beginning of each frame that are left out of what handlers get.
     */
    public record LengthField(
            @DefaultValue("0") int offset,
            @Nullable Integer width,
            @DefaultValue("big-endian") Order order,
            @DefaultValue("0") int adjustment,
            @DefaultValue("0") int strip) {}

    /** The framings that the application has declared. */
    interface Beans {
        /**
         * The one of this name.
         *
         * @param key that names it
         * @throws io.iocp.spring.framing.UnknownFramingException if there is none
         */
        Framing framing(String key, String name);
    }

    /**
     * Checks and makes the framing.
     *
     * @param prefix of the keys, with the dot behind {@code framing}
     * @return null if there is none
     * @throws InvalidConfigurationPropertyValueException if a value makes no sense; it names the key
     */
    @Nullable
    BoundedFraming framing(String prefix, Beans beans) {
        checkUnused(prefix);
        int most = maxBytes(prefix);
        return switch (type) {
            case NONE -> null;
            case LINE -> new BoundedFraming(new LineFraming(most, stripDelimiter), most + 2);
            case DELIMITER -> delimited(prefix, most);
            case FIXED -> fixed(prefix, most);
            case LENGTH_FIELD -> lengthField(prefix, most);
            case BEAN -> {
                if (bean == null || bean.isBlank()) {
                    throw invalid(prefix + "bean", bean, "Must be set to the name of a Framing bean for type 'bean'.");
                }
                yield new BoundedFraming(beans.framing(prefix + "bean", bean), most);
            }
        };
    }

    private int maxBytes(String prefix) {
        long most = maxSize.toBytes();
        if (most < 1 || most > LARGEST_SIZE) {
            throw invalid(
                    prefix + "max-size",
                    maxSize,
                    "Must be from 1B to 1GB. It bounds the memory of each connection, so make it no larger than need be.");
        }
        return (int) most;
    }

    /** What has no effect is a mistake. */
    private void checkUnused(String prefix) {
        checkUnused(prefix + "delimiter", delimiter, Type.DELIMITER);
        checkUnused(prefix + "length", length, Type.FIXED);
        checkUnused(prefix + "length-field.width", lengthField.width(), Type.LENGTH_FIELD);
        checkUnused(prefix + "bean", bean, Type.BEAN);
    }

    private void checkUnused(String key, @Nullable Object value, Type of) {
        if (value != null && type != of) {
            throw invalid(
                    key,
                    value,
                    "Has no effect with framing type '" + word(type) + "'. Set the type to '" + word(of)
                            + "', or remove this key.");
        }
    }

    private static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private BoundedFraming delimited(String prefix, int most) {
        String key = prefix + "delimiter";
        if (delimiter == null) {
            throw invalid(key, null, "Must be set for type 'delimiter', for example to '\\r\\n\\r\\n' or '\\x00'.");
        }
        try {
            byte[] bytes = Delimiter.parse(delimiter);
            return new BoundedFraming(new DelimiterFraming(bytes, most, stripDelimiter), most + bytes.length);
        } catch (IllegalArgumentException e) {
            throw invalid(key, delimiter, "Cannot be a delimiter: " + e.getMessage() + ".");
        }
    }

    private BoundedFraming fixed(String prefix, int most) {
        if (length == null || length < 1 || length > most) {
            throw invalid(
                    prefix + "length",
                    length,
                    "Must be set for type 'fixed', from 1 to the max-size, which is " + most + " bytes.");
        }
        return new BoundedFraming(new FixedFraming(length), length);
    }

    private BoundedFraming lengthField(String prefix, int most) {
        Integer width = lengthField.width();
        if (width == null) {
            throw invalid(prefix + "length-field.width", null, "Must be set for type 'length-field': 1, 2, 3, 4 or 8.");
        }
        ByteOrder order = lengthField.order() == Order.BIG_ENDIAN ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
        try {
            return new BoundedFraming(
                    new LengthFieldFraming(
                            lengthField.offset(), width, order, lengthField.adjustment(), lengthField.strip(), most),
                    most);
        } catch (IllegalArgumentException e) {
            throw invalid(prefix + "length-field", lengthField, "Makes no sense: " + e.getMessage() + ".");
        }
    }

    private static InvalidConfigurationPropertyValueException invalid(
            String key, @Nullable Object value, String reason) {
        return new InvalidConfigurationPropertyValueException(key, value, reason);
    }
}
