/** TLS of servers and clients from Spring Boot's SSL bundles, renewed while connections live on. */
@NullMarked
package io.iocp.spring.tls;

import org.jspecify.annotations.NullMarked;
