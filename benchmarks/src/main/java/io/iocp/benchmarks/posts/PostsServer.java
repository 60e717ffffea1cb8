package io.iocp.benchmarks.posts;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/**
 * One candidate in a process of its own, so that no candidate runs on code that was compiled for another: reads {@link PostsLoad}s
 * and answers each with a {@link PostsSample}, until its input ends.
 */
final class PostsServer {
    private PostsServer() {}

    public static void main(String[] arguments) throws IOException, InterruptedException {
        try (Postbox box = Postbox.Kind.valueOf(arguments[0]).open();
                BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            for (String line = input.readLine(); line != null; line = input.readLine()) {
                IO.println(PostsLoad.parse(line).run(box).line());
            }
        }
    }
}
