package io.iocp.demo.files;

import io.iocp.OverlappedIO;
import io.iocp.operation.OperationKind;
import io.iocp.operation.Status;
import io.iocp.spring.annotation.IoCompletionHandler;
import io.iocp.spring.handler.Replies;
import org.springframework.stereotype.Component;

/**
 * An HTTP/1.1 file server: GET and HEAD, parts, conditions, keep-alive, listings of directories. Head and file of a response are
 * one transmit.
 *
 * <pre>{@code
 * curl -i http://127.0.0.1:8090/
 * curl -i -r 0-99 http://127.0.0.1:8090/completion-ports.txt
 * curl -C - -O http://127.0.0.1:8090/completion-ports.txt
 * curl -i -z 'tomorrow' http://127.0.0.1:8090/completion-ports.txt
 * wrk -t 2 -c 100 -d 10 http://127.0.0.1:8090/completion-ports.txt
 * ab -k -n 100000 -c 100 http://127.0.0.1:8090/completion-ports.txt
 * xdg-open http://127.0.0.1:8090/
 * }</pre>
 *
 * <p>The same over TLS, on {@code files-tls}; the application's log says where its certificate is:
 *
 * <pre>{@code
 * curl -i --cacert /tmp/iocp-tls-123/tls.crt https://localhost:8490/
 * curl -i --cacert /tmp/iocp-tls-123/second/tls.crt https://second.localhost:8490/
 * wrk -t 2 -c 100 -d 10 https://127.0.0.1:8490/completion-ports.txt
 * openssl s_client -connect localhost:8490 -alpn http/1.1
 * }</pre>
 *
 * <p>It serves a small sample site; {@code demo.files.root} names another directory.
 *
 * <p>Each connection's completion key is its {@link FilesConnection}, given to it when it is accepted.
 *
 * <p>Thread: workers; packets of one connection one at a time, posts at any time.
 */
@Component
@IoCompletionHandler(server = {"files", "files-tls"})
public final class FilesService {

    private final Site site;
    private final Responder responder;

    FilesService(Site site, Responder responder) {
        this.site = site;
        this.responder = responder;
    }

    @IoCompletionHandler(kinds = OperationKind.ACCEPT)
    FilesConnection accepted() {
        return new FilesConnection(responder, System::nanoTime);
    }

    /** Bytes, or how they ended: then what was asked for is still sent, if the client has closed only its sending side. */
    @IoCompletionHandler(kinds = OperationKind.RECEIVE)
    void received(FilesConnection client, OverlappedIO packet, Replies replies) {
        if (packet.status() == Status.OK) {
            client.received(packet.data(), replies);
        }
    }

    @IoCompletionHandler(kinds = {OperationKind.SEND, OperationKind.TRANSMIT_FILE})
    void sent(FilesConnection client, Status status, Replies replies) {
        client.sent(status, replies);
    }

    /** It is time to look for files that nobody asks for; or the port was closed before. */
    @IoCompletionHandler(channel = FileCache.CHANNEL)
    void idle(Status status) {
        if (status == Status.TIMER_EXPIRED) {
            site.cache().sweep(System.nanoTime());
        }
    }
}
