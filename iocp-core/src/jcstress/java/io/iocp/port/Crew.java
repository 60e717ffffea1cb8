package io.iocp.port;

/** Two workers that never run: names to write into a {@link ShardWord}. */
final class Crew {
    private static final Workers WORKERS = new Workers("stress", 2, 1, 0, new QuietRunner(), _ -> false, () -> {});

    /** Holds the shard in the beginning. */
    static final Worker HOLDER = new Worker(1, WORKERS, "holder");

    /** Takes it. */
    static final Worker TAKER = new Worker(2, WORKERS, "taker");

    private Crew() {}
}
