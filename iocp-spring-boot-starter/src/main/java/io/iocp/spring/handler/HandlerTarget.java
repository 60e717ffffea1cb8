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

    /** Connections that a client opened. */
    record Client(String name) implements HandlerTarget {
        @Override
        public String toString() {
            return "client '" + name + "'";
        }
    }

    /**
     * Packets posted to a port with a certain completion key.
     *
     * @param key equal to that of the posts
     */
    record Channel(String port, Object key) implements HandlerTarget {
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

    /** Whether its packets are those of connections that the library looks after, so that there is an {@link Exchange}. */
    default boolean hasExchange() {
        return this instanceof Server || this instanceof Client;
    }
}
