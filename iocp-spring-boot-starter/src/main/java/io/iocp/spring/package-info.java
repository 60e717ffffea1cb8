/** The completion port in Spring Boot: annotated handlers, servers from properties, Actuator. */
@NullMarked
package io.iocp.spring;

import org.jspecify.annotations.NullMarked;
