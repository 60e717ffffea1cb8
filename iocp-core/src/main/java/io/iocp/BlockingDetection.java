package io.iocp;

/** What a port does about handlers that block without {@linkplain CompletionHandler#blocks saying so}. */
public enum BlockingDetection {
    /** Nothing: the other connections of the shard wait with the handler. */
    OFF,
    /** The shard goes to another worker as soon as its own is found asleep; nothing is remembered. */
    HAND_OVER,
    /**
     * The same, and a handler that is found asleep with more than one packet in two hundred is treated as one that says that it
     * blocks, from then on: at the fourth find if nearly all block, and else once there were enough to rule out chance.
     */
    LEARN
}
