package io.iocp.spring.metrics;

import io.micrometer.core.instrument.Tags;

/** What a latency is called. */
record LatencyId(String name, String description, Tags tags) {}
