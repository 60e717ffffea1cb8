package io.iocp.contract;

import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;

/** Something that a thread of its own does while the test goes on: the part of a peer that blocks. */
final class Beside<V> {
    private final FutureTask<V> task;

    private Beside(FutureTask<V> task) {
        this.task = task;
    }

    static <V> Beside<V> run(Callable<V> part) {
        FutureTask<V> task = new FutureTask<>(part);
        Thread.ofPlatform().daemon().name("beside").start(task);
        return new Beside<>(task);
    }

    /** What may be done instead of a {@link Callable}. */
    @FunctionalInterface
    interface Part {
        void run() throws Exception;
    }

    static Beside<Boolean> run(Part part) {
        return Beside.run(() -> {
            part.run();
            return true;
        });
    }

    /** Waits for its end; fails as it failed. */
    V end() throws Exception {
        try {
            return task.get(PortFixture.DEADLINE.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Exception failure) {
                throw failure;
            }
            throw e;
        }
    }
}
