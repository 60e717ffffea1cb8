package io.iocp.spring.connection;

/** Stops a part of the application on a thread of its own, so that the others of its phase have the same time for theirs. */
public final class StopThread {
    private StopThread() {}

    /**
     * Stops there. Never waits.
     *
     * @param callback run when {@code stop} is through, or has failed
     */
    public static void start(String name, Runnable stop, Runnable callback) {
        Thread thread = new Thread(
                () -> {
                    try {
                        stop.run();
                    } finally {
                        callback.run();
                    }
                },
                name);
        thread.setDaemon(true);
        thread.start();
    }
}
