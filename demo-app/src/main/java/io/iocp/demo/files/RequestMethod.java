package io.iocp.demo.files;

/** What a request wants done. */
enum RequestMethod {
    GET,
    HEAD,
    /** A method of HTTP's that does nothing here: it is answered with 405. */
    OTHER
}
