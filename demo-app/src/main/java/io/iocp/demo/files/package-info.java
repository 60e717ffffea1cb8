/**
 * The {@code files} service: an HTTP/1.1 file server whose answers go from the file to the socket as one transmit each.
 *
 * <p>The path of one request, of which only the ends do I/O:
 *
 * <pre>
 * bytes received → {@link io.iocp.demo.files.RequestParser#next}    a head, cut out and checked
 *               → {@link io.iocp.demo.files.RequestPath#of}         its path, decoded once
 *               → {@link io.iocp.demo.files.Conditions#evaluate}    send, not modified, failed
 *               → {@link io.iocp.demo.files.ByteRange#of}           which part
 * </pre>
 */
@NullMarked
package io.iocp.demo.files;

import org.jspecify.annotations.NullMarked;
