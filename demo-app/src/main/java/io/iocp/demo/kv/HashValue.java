package io.iocp.demo.kv;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A hash: fields with their values, in the order in which the fields came.
 *
 * <p>Thread: whoever holds the lock of the key's stripe.
 */
final class HashValue implements Value {

    private final Map<Bytes, byte[]> fields = new LinkedHashMap<>();

    Map<Bytes, byte[]> fields() {
        return fields;
    }

    @Override
    public String typeName() {
        return "hash";
    }
}
