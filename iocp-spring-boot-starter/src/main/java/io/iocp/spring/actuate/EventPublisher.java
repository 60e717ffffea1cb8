package io.iocp.spring.actuate;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.SmartLifecycle;

/**
 * Publishes every recorded event in the application, as a {@link PortEvent}: {@code @EventListener void on(PortEvent event)}. A thread of
 * its own reads the log for that, so workers never wait for listeners; what comes faster than listeners deal with it is lost, as for
 * any other reader that is late.
 */
public final class EventPublisher implements SmartLifecycle {
    private static final Logger LOG = LoggerFactory.getLogger(EventPublisher.class);

    private final EventLog log;
    private final ApplicationEventPublisher events;
    private @Nullable Thread thread;

    public EventPublisher(EventLog log, ApplicationEventPublisher events) {
        this.log = log;
        this.events = events;
    }

    @Override
    public synchronized void start() {
        if (thread == null) {
            Thread publishing = new Thread(this::publish, "iocp-events");
            publishing.setDaemon(true);
            thread = publishing;
            publishing.start();
        }
    }

    private void publish() {
        long after = EventQuery.EVERY;
        try {
            while (!Thread.currentThread().isInterrupted()) {
                EventLog.Reading reading = log.next(after);
                if (reading.lost() > 0) {
                    LOG.warn(
                            "{} events were not published: listeners are too slow, or there are too many events",
                            reading.lost());
                }
                after = reading.last();
                List<PortEvent> oldestFirst = reading.events().reversed();
                oldestFirst.forEach(this::publish);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // stopped
        }
    }

    private void publish(PortEvent event) {
        try {
            events.publishEvent(event);
        } catch (RuntimeException e) {
            LOG.error("a listener of {} failed", event.type(), e);
        }
    }

    @Override
    public synchronized void stop() {
        Thread publishing = thread;
        thread = null;
        if (publishing != null) {
            publishing.interrupt();
        }
    }

    @Override
    public synchronized boolean isRunning() {
        return thread != null;
    }

    /** Before servers start, and after they have stopped, so that what happens then is published too. */
    @Override
    public int getPhase() {
        return DEFAULT_PHASE - 4096;
    }

    @Override
    public boolean isPauseable() {
        return false;
    }
}
