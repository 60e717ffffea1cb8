package io.iocp.spring.actuate;

import java.util.Map;

/**
 * What a write has done.
 *
 * @param result what there is to say about it, as in {@code {"was": 4, "max": 16}}
 */
public record ActionOutcome(String port, String action, Map<String, Object> result) {}
