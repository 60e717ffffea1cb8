/**
 * The floor between the shard and its engine that makes connections secure: above it there is plain text, below it cipher text.
 * It knows no engine by name.
 */
@NullMarked
package io.iocp.engine.tls;

import org.jspecify.annotations.NullMarked;
