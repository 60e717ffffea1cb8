package io.iocp.demo.kv;

import io.iocp.Connection;
import io.iocp.operation.OperationKind;
import io.iocp.operation.Status;
import io.iocp.spring.annotation.IoCompletionHandler;
import io.iocp.spring.annotation.OnClosed;
import io.iocp.spring.handler.ConnectionInfo;
import io.iocp.spring.handler.Replies;
import org.springframework.stereotype.Component;

/**
 * A key-value server that speaks Redis' protocol (RESP2), with deadlines that ride on the completion port.
 *
 * <pre>{@code
 * redis-cli -p 6380 set a 1
 * redis-cli -p 6380 get a
 * redis-cli -p 6380 set session x px 1500
 * redis-benchmark -p 6380 -n 200000 -c 50 -q -t ping_inline,ping_mbulk,set,get,incr,lpush,rpush,lpop,rpop,sadd,hset,spop,lrange,mset
 * redis-benchmark -p 6380 -n 200000 -c 50 -P 16 -q -t set,get,incr
 * }</pre>
 *
 * <p>The same over TLS, on {@code kv-tls}; the application's log says where its certificate is:
 *
 * <pre>{@code
 * redis-cli --tls --cacert /tmp/iocp-tls-123/tls.crt -h localhost -p 6390 set a 1
 * redis-benchmark --tls --cacert /tmp/iocp-tls-123/tls.crt -h localhost -p 6390 -n 200000 -c 50 -q -t set,get,incr
 * redis-cli --tls --insecure -p 6390 info
 * }</pre>
 *
 * <p>Each connection's completion key is its {@link KvConnection}, given to it when it is accepted.
 *
 * <p>Thread: workers; packets of one connection one at a time, posts at any time.
 */
@Component
@IoCompletionHandler(server = {"kv", "kv-tls"})
public final class KvService {

    private final KvStore store;
    private final KvCommands commands;

    KvService(KvStore store, KvCommands commands) {
        this.store = store;
        this.commands = commands;
    }

    @IoCompletionHandler(kinds = OperationKind.ACCEPT)
    KvConnection accepted(Connection connection, ConnectionInfo info) {
        return new KvConnection(connection, info.remoteAddress(), commands);
    }

    @IoCompletionHandler(kinds = OperationKind.RECEIVE)
    void received(KvConnection client, Request request, Replies replies) {
        client.received(request, replies);
    }

    @OnClosed
    void closed(KvConnection client) {
        client.closed();
    }

    @IoCompletionHandler(kinds = OperationKind.SEND)
    void sent(KvConnection client, Status status, long bytes, Replies replies) {
        client.sent(status, bytes, replies);
    }

    /** The journal has posted that what the connection waited for has come. */
    @IoCompletionHandler(kinds = OperationKind.POST)
    void woken(KvConnection client, Replies replies) {
        client.woken(replies);
    }

    /** A deadline has come; or the port was closed before it did. */
    @IoCompletionHandler(channel = KvExpiry.CHANNEL)
    void due(KvExpiry.Deadline deadline, Status status) {
        if (status == Status.TIMER_EXPIRED) {
            store.expireDue(deadline.key(), deadline.atMillis());
            store.journal().flush();
        }
    }
}
