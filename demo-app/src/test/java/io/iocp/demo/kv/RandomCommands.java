package io.iocp.demo.kv;

import java.util.Random;

/** Commands that change a few keys of all types, and sometimes fail. */
final class RandomCommands {

    private RandomCommands() {}

    static String[] next(Random random) {
        String key = "k" + random.nextInt(40);
        String other = "k" + random.nextInt(40);
        String value = "" + random.nextInt(30);
        String millis = "" + (1 + random.nextInt(200));
        return switch (random.nextInt(28)) {
            case 0 -> new String[] {"SET", key, value};
            case 1 -> new String[] {"SET", key, value, "PX", millis};
            case 2 -> new String[] {"SET", key, value, "KEEPTTL"};
            case 3 -> new String[] {"SET", key, value, "NX", "PX", millis};
            case 4 -> new String[] {"SETNX", key, value};
            case 5 -> new String[] {"GETSET", key, value};
            case 6 -> new String[] {"MSET", key, value, other, value + "x"};
            case 7 -> new String[] {"INCR", key};
            case 8 -> new String[] {"DECRBY", key, value};
            case 9 -> new String[] {"APPEND", key, value};
            case 10 -> new String[] {"DEL", key, other};
            case 11 -> new String[] {"PEXPIRE", key, millis};
            case 12 -> new String[] {"PEXPIRE", key, millis, "GT"};
            case 13 -> new String[] {"PERSIST", key};
            case 14, 15 -> new String[] {"RPUSH", "l" + key, value, other};
            case 16 -> new String[] {"LPUSH", "l" + key, value};
            case 17 -> new String[] {"LPOP", "l" + key};
            case 18 -> new String[] {"RPOP", "l" + key, "2"};
            case 19, 20 -> new String[] {"SADD", "s" + key, value, other};
            case 21 -> new String[] {"SREM", "s" + key, value};
            case 22 -> new String[] {"SPOP", "s" + key, "" + random.nextInt(3)};
            case 23, 24 -> new String[] {"HSET", "h" + key, other, value};
            case 25 -> new String[] {"HDEL", "h" + key, other};
            case 26 -> new String[] {"PEXPIRE", "s" + key, millis};
            default -> random.nextInt(200) == 0 ? new String[] {"FLUSHALL"} : new String[] {"GET", key};
        };
    }
}
