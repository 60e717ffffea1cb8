package io.iocp.demo.kv;

/**
 * What a key holds: one of the four types.
 *
 * <p>Thread: whoever holds the lock of the key's stripe.
 */
sealed interface Value permits StringValue, ListValue, SetValue, HashValue {

    /** The name that TYPE answers. */
    String typeName();
}
