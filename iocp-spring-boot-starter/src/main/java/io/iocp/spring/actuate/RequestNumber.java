package io.iocp.spring.actuate;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.InvalidEndpointRequestException;

/** Numbers of requests, which arrive as text. */
final class RequestNumber {
    private RequestNumber() {}

    /**
     * The number, or {@code otherwise} where there is none.
     *
     * @throws InvalidEndpointRequestException if it is no number from {@code least} to {@code most}
     */
    static long of(String name, @Nullable String text, long least, long most, long otherwise) {
        return text == null ? otherwise : of(name, text, least, most);
    }

    /** @throws InvalidEndpointRequestException if it is no number from {@code least} to {@code most}, or missing */
    static long of(String name, @Nullable String text, long least, long most) {
        String remedy = "give a whole number from " + least + " to " + most;
        if (text == null) {
            throw InvalidRequest.of("'" + name + "' is missing", remedy);
        }
        long number;
        try {
            number = Long.parseLong(text.strip());
        } catch (NumberFormatException e) {
            throw InvalidRequest.of("'" + name + "' is no whole number: " + InvalidRequest.quoted(text), remedy);
        }
        if (number < least || number > most) {
            throw InvalidRequest.of("'" + name + "' is out of its bounds: " + number, remedy);
        }
        return number;
    }
}
