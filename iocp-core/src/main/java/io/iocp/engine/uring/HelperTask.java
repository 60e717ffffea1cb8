package io.iocp.engine.uring;

import io.iocp.engine.FileFailure;
import io.iocp.engine.FileThreads;
import io.iocp.linux.Libc;
import io.iocp.operation.FileRead;
import io.iocp.operation.FileSource;
import io.iocp.operation.Operation;
import io.iocp.operation.SendFile;
import io.iocp.operation.Status;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.Objects;

/**
 * What a helper thread does in place of a request: reads from a channel, which the kernel knows no descriptor of, or sends from a
 * file and may wait for the disk.
 *
 * <p>Thread: a thread of {@link FileThreads} runs it; before and after that it is the shard holder's.
 */
final class HelperTask implements Runnable {
    final Request request;
    private final Operation operation;
    private final HelperTasks reports;
    private final int fd;
    private final long done;

    /** Somebody asked to cancel it while it ran. */
    private volatile boolean cancelAsked;

    // Results: written by the thread that runs it, read by the holder after it was reported.
    FileSends.Outcome outcome = FileSends.Outcome.DONE;
    long bytes;
    Status status = Status.OK;
    int error;

    HelperTask(Request request, HelperTasks reports) {
        this.request = request;
        this.operation = request.operation();
        this.reports = reports;
        this.fd = request.endpoint().fd();
        this.done = request.transferred;
    }

    void askToCancel() {
        cancelAsked = true;
    }

    @Override
    public void run() {
        try {
            switch (operation) {
                case FileRead read -> read(read, Objects.requireNonNull(read.channel()));
                case SendFile send -> send(send, reports.newLibc());
                default -> throw new IllegalArgumentException("no work for a helper: " + operation.kind());
            }
        } catch (IOException e) {
            fail(FileFailure.of(e));
        } catch (RuntimeException e) {
            fail(FileFailure.FAULT);
        } catch (OutOfMemoryError e) {
            fail(new FileFailure(Status.RESOURCE_LIMIT, 0));
        } finally {
            Thread.interrupted(); // nobody's business, and it would close the next channel
            reports.finished(this);
        }
    }

    void fail(FileFailure failure) {
        status = failure.status();
        error = failure.nativeError();
    }

    private void read(FileRead read, FileChannel channel) throws IOException {
        int n = channel.read(read.memory.asByteBuffer(), read.offset);
        bytes = Math.max(n, 0);
        status = n > 0 ? Status.OK : Status.EOF;
    }

    private void send(SendFile send, Libc libc) {
        FileSource source = send.from();
        int file = ((UringEndpoint) Objects.requireNonNull(source.file())).fd();
        FileSends sends = new FileSends(libc);
        outcome = sends.performAndWait(fd, file, send.offset + done, send.length - done, () -> cancelAsked);
        bytes = sends.sent;
        status = sends.status;
        error = sends.error;
    }
}
