package io.iocp.demo.kv;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What can be set of the service.
 *
 * @param appendOnly path of the append-only file in which changes survive the server; none if empty
 * @param appendFsync when the append-only file is synchronised
 */
@ConfigurationProperties("demo.kv")
record KvProperties(
        @Nullable String appendOnly,
        @DefaultValue("everysec") AppendOnlyFile.Fsync appendFsync) {}
