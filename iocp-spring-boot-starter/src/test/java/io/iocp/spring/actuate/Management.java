package io.iocp.spring.actuate;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import org.springframework.test.json.JsonContent;
import org.springframework.test.json.JsonContentAssert;

/** The management endpoints of an application, as an operator sees them with curl. */
record Management(int port, HttpClient client) {

    Management(int port) {
        this(port, HttpClient.newHttpClient());
    }

    HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return send("GET", path, "");
    }

    HttpResponse<String> post(String path, String json) throws IOException, InterruptedException {
        return send("POST", path, json);
    }

    HttpResponse<String> delete(String path) throws IOException, InterruptedException {
        return send("DELETE", path, "");
    }

    HttpResponse<String> send(String method, String path, String json) throws IOException, InterruptedException {
        return client.send(
                request(path).method(method, BodyPublishers.ofString(json)).build(), BodyHandlers.ofString());
    }

    HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/actuator/" + path))
                .header("Content-Type", "application/json");
    }

    /** The answer, which must be there. */
    JsonContentAssert json(String path) throws IOException, InterruptedException {
        return json(get(path), 200);
    }

    static JsonContentAssert json(HttpResponse<String> response, int status) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        return new JsonContentAssert(new JsonContent(response.body()));
    }
}
