/** The demo application: small services on the completion port that real clients talk to. */
@NullMarked
package io.iocp.demo;

import org.jspecify.annotations.NullMarked;
