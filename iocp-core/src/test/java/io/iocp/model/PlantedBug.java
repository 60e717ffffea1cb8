package io.iocp.model;

import io.iocp.engine.CompletionSink;
import io.iocp.engine.Engine;
import io.iocp.engine.EngineCapabilities;
import io.iocp.engine.EngineLoop;
import io.iocp.engine.LoopOptions;
import io.iocp.engine.simulated.SimulatedEngine;
import io.iocp.engine.simulated.SimulatedNetwork;
import io.iocp.engine.simulated.WithoutGenerations;
import io.iocp.operation.Endpoint;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.ListenOptions;
import io.iocp.operation.Operation;
import io.iocp.operation.Status;
import java.io.IOException;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** Bugs that the random programs must find, each in a wrapper around the simulated engine. */
enum PlantedBug {
    NONE,
    /** A wake-up is lost now and then. */
    LOST_WAKEUP,
    /** What the library lent an operation goes back when it is cancelled, while the kernel still has it. */
    FREED_ON_CANCEL,
    /** A completion is taken for whatever request is in its slot now. */
    NO_GENERATIONS;

    Engine engine(SimulatedNetwork network) {
        Engine real = this == NO_GENERATIONS ? WithoutGenerations.engine(network) : new SimulatedEngine(network);
        return new Engine() {
            @Override
            public EngineCapabilities capabilities() {
                return real.capabilities();
            }

            @Override
            public Endpoint listen(InetSocketAddress address, ListenOptions options) throws IOException {
                return real.listen(address, options);
            }

            @Override
            public void closeUnassociated(Endpoint endpoint) {
                real.closeUnassociated(endpoint);
            }

            @Override
            public EngineLoop openLoop(LoopOptions options, CompletionSink sink) throws IOException {
                return new Loop(real.openLoop(options, sink), PlantedBug.this);
            }

            @Override
            public long nanoTime() {
                return real.nanoTime();
            }
        };
    }

    private static final class Loop implements EngineLoop {
        private final EngineLoop real;
        private final PlantedBug bug;
        private int wakeups;

        Loop(EngineLoop real, PlantedBug bug) {
            this.real = real;
            this.bug = bug;
        }

        @Override
        public void hold(int worker) {
            real.hold(worker);
        }

        @Override
        public void adoptAll() {
            real.adoptAll();
        }

        @Override
        public int held(int worker) {
            return real.held(worker);
        }

        @Override
        public void submit(Operation operation) {
            real.submit(operation);
        }

        @Override
        @Nullable
        public Status attempt(Operation operation) {
            return real.attempt(operation);
        }

        @Override
        public void cancel(Operation operation) {
            if (bug == FREED_ON_CANCEL) {
                operation.settle();
            }
            real.cancel(operation);
        }

        @Override
        public int turn(long timeoutNanos) {
            return real.turn(timeoutNanos);
        }

        @Override
        public void wakeup() {
            if (bug != LOST_WAKEUP || ++wakeups % 3 != 0) {
                real.wakeup();
            }
        }

        @Override
        public void recycle(LeasedBuffer buffer) {
            real.recycle(buffer);
        }

        @Override
        public void shutdown(Endpoint endpoint) {
            real.shutdown(endpoint);
        }

        @Override
        public void shutdownOutput(Endpoint endpoint) {
            real.shutdownOutput(endpoint);
        }

        @Override
        public void closeDescriptor(Endpoint endpoint) {
            real.closeDescriptor(endpoint);
        }

        @Override
        public void close() {
            real.close();
        }

        @Override
        public long receiveMemoryBytes() {
            return real.receiveMemoryBytes();
        }

        @Override
        public long ringMemoryBytes() {
            return real.ringMemoryBytes();
        }
    }
}
