package com.example.shout;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.spring.test.ConnectedTo;
import io.iocp.spring.test.EngineUnderTest;
import io.iocp.spring.test.IocpTest;
import io.iocp.spring.test.IocpTestClient;
import io.iocp.spring.test.IocpTestClients;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;

@IocpTest(properties = "iocp.servers.shout.port=7000", engine = EngineUnderTest.SIMULATED)
class ShoutServerTest {
    @Autowired
    private IocpTestClients clients;

    @Test
    void shoutsBack(@ConnectedTo("shout") IocpTestClient client) {
        client.send("hello").expect("HELLO");
        client.shutdownOutput().expectEnd();
    }

    @Test
    void knowsItsClientsApart() {
        IocpTestClient first = clients.connect("shout");
        IocpTestClient second = clients.connect("shout");
        first.send("one\n");
        second.send("two\n");
        assertThat(second.receiveLine()).isEqualTo("TWO");
        assertThat(first.receiveLine()).isEqualTo("ONE");
    }

    @Test
    void outlivesOneThatResets() {
        clients.connect("shout").send("never mind").reset();
        clients.connect("shout").send("still there").expect("STILL THERE");
    }
}
