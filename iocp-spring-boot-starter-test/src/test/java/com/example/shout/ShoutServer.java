package com.example.shout;

import io.iocp.spring.annotation.IoCompletionHandler;
import java.util.Locale;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.stereotype.Component;

@SpringBootApplication
public class ShoutServer {
    public static void main(String[] arguments) {
        SpringApplication.run(ShoutServer.class, arguments);
    }

    @Component
    static class Shouter {
        @IoCompletionHandler(server = "shout")
        String received(String text) {
            return text.toUpperCase(Locale.ROOT);
        }
    }
}
