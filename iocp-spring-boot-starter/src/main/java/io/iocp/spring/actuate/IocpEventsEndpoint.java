package io.iocp.spring.actuate;

import java.util.List;
import org.springframework.boot.actuate.endpoint.Access;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;

/** Endpoint {@code iocpevents}: what happened recently on the completion ports. */
@Endpoint(id = "iocpevents", defaultAccess = Access.READ_ONLY)
public final class IocpEventsEndpoint {
    private final EventLog log;

    public IocpEventsEndpoint(EventLog log) {
        this.log = log;
    }

    @ReadOperation
    public Events events() {
        return new Events(log.events(), log.capacity(), new Sampling(log.mostInSecond(), log.sampledOut()));
    }

    /**
     * The answer.
     *
     * @param events newest first
     * @param capacity how many are kept
     */
    public record Events(List<PortEvent> events, int capacity, Sampling sampling) {}

    /**
     * What happens so often that not every case is recorded: completed posts, refusals, failures of handlers.
     *
     * @param mostInSecond of them recorded in a second
     * @param sampledOut how many were not recorded since the start
     */
    public record Sampling(int mostInSecond, long sampledOut) {}
}
