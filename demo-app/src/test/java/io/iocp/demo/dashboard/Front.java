package io.iocp.demo.dashboard;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * What may stand before the application: it hands requests on from below a path of its own, can forbid single endpoints, and
 * can go away and come back.
 */
final class Front implements AutoCloseable {

    private static final String PREFIX = "/behind/this";

    private final HttpClient client = HttpClient.newHttpClient();
    private final Map<String, Integer> refused = new ConcurrentHashMap<>();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final String target;
    private HttpServer server;

    Front(String target) throws IOException {
        this.target = target;
        server = listen(0);
    }

    private HttpServer listen(int port) throws IOException {
        HttpServer listening = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        listening.createContext(PREFIX, this::handOn);
        listening.setExecutor(threads);
        listening.start();
        return listening;
    }

    String address(String path) {
        return "http://127.0.0.1:" + server.getAddress().getPort() + PREFIX + path;
    }

    /** Answers for an endpoint from now on; 0 lets it answer itself again. */
    void refuse(String endpoint, int status) {
        if (status == 0) {
            refused.remove(endpoint);
        } else {
            refused.put(endpoint, status);
        }
    }

    void goAway() {
        server.stop(0);
    }

    void comeBack() throws IOException {
        server = listen(server.getAddress().getPort());
    }

    private void handOn(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().toString().substring(PREFIX.length());
        String endpoint = path.replaceFirst("^/actuator/", "").replaceFirst("[/?].*", "");
        try (exchange) {
            Integer status = refused.get(endpoint);
            if (status != null) {
                exchange.sendResponseHeaders(status, -1);
                return;
            }
            HttpResponse<byte[]> answer = client.send(
                    HttpRequest.newBuilder(URI.create(target + path))
                            .header(
                                    "Accept",
                                    String.join(
                                            ",", exchange.getRequestHeaders().getOrDefault("Accept", List.of("*/*"))))
                            .method(
                                    exchange.getRequestMethod(),
                                    BodyPublishers.ofByteArray(
                                            exchange.getRequestBody().readAllBytes()))
                            .build(),
                    BodyHandlers.ofByteArray());
            answer.headers()
                    .firstValue("Content-Type")
                    .ifPresent(type -> exchange.getResponseHeaders().set("Content-Type", type));
            answer.headers()
                    .firstValue("Allow")
                    .ifPresent(methods -> exchange.getResponseHeaders().set("Allow", methods));
            exchange.sendResponseHeaders(answer.statusCode(), answer.body().length == 0 ? -1 : answer.body().length);
            if (answer.body().length > 0) {
                exchange.getResponseBody().write(answer.body());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
        client.shutdownNow();
    }
}
