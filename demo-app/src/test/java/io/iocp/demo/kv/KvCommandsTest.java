package io.iocp.demo.kv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class KvCommandsTest {

    private final Kv kv = new Kv();

    @Test
    void shouldFindCommandsInAnyCase() {
        assertThat(kv.call("PiNg")).isEqualTo("PONG");
    }

    @Test
    void shouldAnswerAnUnknownCommandWithItsFirstArguments() {
        assertThat(kv.call("FOO")).isEqualTo("(error) ERR unknown command 'FOO', with args beginning with: ");
        assertThat(kv.call("foo", "a", "b c"))
                .isEqualTo("(error) ERR unknown command 'foo', with args beginning with: 'a' 'b c' ");
    }

    @Test
    void shouldQuoteNoMoreThanTheBeginningOfAnUnknownCommand() {
        assertThat(kv.call("x".repeat(1_000), "y".repeat(1_000), "z"))
                .isEqualTo("(error) ERR unknown command '" + "x".repeat(128) + "', with args beginning with: '"
                        + "y".repeat(128) + "' ");
    }

    static Stream<Arguments> wrongNumbersOfArguments() {
        List<Arguments> all = new ArrayList<>();
        for (Command command : new Kv().commands.commands()) {
            int fewest = Math.abs(command.arity());
            if (fewest > 1) {
                all.add(arguments(command.name(), fewest - 1));
            }
            if (command.arity() > 0) {
                all.add(arguments(command.name(), fewest + 1));
            }
        }
        return all.stream();
    }

    @ParameterizedTest
    @MethodSource("wrongNumbersOfArguments")
    void shouldRefuseEveryCommandWithTooFewOrTooManyArguments(String command, int count) {
        String[] arguments = new String[count];
        Arrays.fill(arguments, "1");
        arguments[0] = command;

        assertThat(kv.call(arguments)).isEqualTo("(error) ERR wrong number of arguments for '" + command + "' command");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ' ',
            value = {
                "mset 4", "hset 5", "ping 3", "lpop 4", "rpop 4",
            })
    void shouldRefuseNumbersOfArgumentsThatOnlyTheCommandItselfKnowsToBeWrong(String command, int count) {
        String[] arguments = new String[count];
        Arrays.fill(arguments, "1");
        arguments[0] = command;

        assertThat(kv.call(arguments)).isEqualTo("(error) ERR wrong number of arguments for '" + command + "' command");
    }

    @ParameterizedTest
    @CsvSource({
        "get,list",
        "getset,list,x",
        "incr,list",
        "decr,list",
        "incrby,list,1",
        "decrby,list,1",
        "append,list,x",
        "strlen,list",
        "set,list,x,GET",
        "lpush,string,x",
        "rpush,string,x",
        "lpop,string",
        "rpop,string",
        "lrange,string,0,1",
        "llen,string",
        "sadd,string,x",
        "srem,string,x",
        "spop,string",
        "smembers,string",
        "scard,string",
        "sismember,string,x",
        "hset,string,f,v",
        "hget,string,f",
        "hdel,string,f",
        "hgetall,string",
        "hlen,string",
        "lpush,hash,x",
        "sadd,list,x",
        "hset,set,f,v",
    })
    void shouldRefuseAKeyOfTheWrongTypeAndLeaveItAsItIs(String command, String key) {
        kv.call("SET", "string", "text");
        kv.call("RPUSH", "list", "a", "b");
        kv.call("SADD", "set", "a");
        kv.call("HSET", "hash", "f", "v");
        String type = kv.call("TYPE", key);

        assertThat(kv.call(fullCommand(command, key))).isEqualTo(Kv.WRONG_TYPE);
        assertThat(kv.call("TYPE", key)).isEqualTo(type);
        assertThat(kv.call("LRANGE", "list", "0", "-1")).isEqualTo("[\"a\" \"b\"]");
        assertThat(kv.call("GET", "string")).isEqualTo("\"text\"");
    }

    private static String[] fullCommand(String command, String key) {
        return switch (command) {
            case "set" -> new String[] {command, key, "x", "GET"};
            case "incrby", "decrby" -> new String[] {command, key, "1"};
            case "lrange" -> new String[] {command, key, "0", "1"};
            case "hset" -> new String[] {command, key, "f", "v"};
            case "getset", "append", "lpush", "rpush", "sadd", "srem", "sismember", "hget", "hdel" ->
                new String[] {command, key, "x"};
            default -> new String[] {command, key};
        };
    }
}
