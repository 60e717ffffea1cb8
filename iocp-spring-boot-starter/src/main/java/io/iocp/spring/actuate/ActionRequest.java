package io.iocp.spring.actuate;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a write asks for; each action takes its own of these.
 *
 * @param key completion key of a post
 * @param attachment text of a post
 * @param bytes number of a post
 * @param server name of a server
 * @param connection id of a connection
 * @param max workers that there may be
 */
record ActionRequest(
        @Nullable String key,
        @Nullable String attachment,
        @Nullable String bytes,
        @Nullable String server,
        @Nullable String connection,
        @Nullable String max) {

    static ActionRequest ofConnection(String id) {
        return new ActionRequest(null, null, null, null, id, null);
    }

    /** What is kept of it in the audit: of the attachment, which may be anything, its length only. */
    Map<String, Object> auditDetails() {
        Map<String, Object> details = new LinkedHashMap<>();
        put(details, "key", key);
        if (attachment != null) {
            details.put("attachmentLength", attachment.length());
        }
        put(details, "bytes", bytes);
        put(details, "server", server);
        put(details, "connection", connection);
        put(details, "max", max);
        return details;
    }

    private static void put(Map<String, Object> details, String name, @Nullable String value) {
        if (value != null) {
            details.put(name, InvalidRequest.shown(value));
        }
    }
}
