package io.iocp.spring.handler;

/** What a handler handles the packets of. */
public sealed interface HandlerTarget {

    /** Connections that a server accepted, and their accepts. */
    record Server(String name) implements HandlerTarget {
        @Override
        public String toString() {
            return "server '" + name + "'";
        }
    }

    /** Packets posted to a port with a certain completion key. */
    record Channel(String port, String key) implements HandlerTarget {
        @Override
        public String toString() {
            return "channel '" + key + "' of port '" + port + "'";
        }
    }

    /** Every packet of a port that nobody else claims. */
    record Port(String name) implements HandlerTarget {
        @Override
        public String toString() {
            return "port '" + name + "'";
        }
    }
}
