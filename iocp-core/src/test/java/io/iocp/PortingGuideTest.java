package io.iocp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Member;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The porting guide names only what there is. */
class PortingGuideTest {
    /** A type, or a member of it, and the file that it is said to be in. */
    private static final Pattern LINK =
            Pattern.compile("\\[`(\\w+)(?:\\.(\\w+))?`]\\(\\.\\./iocp-core/src/main/java/([\\w/]+)\\.java\\)");

    @Test
    void shouldNameMembersThatExist() throws IOException {
        Path guide = Repository.root().orElseThrow().resolve("docs/porting.md");
        Matcher link = LINK.matcher(Files.readString(guide));
        List<String> missing = new ArrayList<>();
        int found = 0;
        while (link.find()) {
            found++;
            if (!exists(link.group(1), link.group(2), link.group(3))) {
                missing.add(link.group());
            }
        }
        assertThat(missing)
                .as("names of " + guide + " without a type or public member")
                .isEmpty();
        assertThat(found).as("links to members in " + guide).isGreaterThan(80);
    }

    private static boolean exists(String type, String member, String file) {
        Class<?> named;
        try {
            named = Class.forName(file.replace('/', '.'), false, PortingGuideTest.class.getClassLoader());
        } catch (ClassNotFoundException e) {
            return false;
        }
        Stream<Member> members = Stream.concat(Arrays.stream(named.getMethods()), Arrays.stream(named.getFields()));
        return named.getSimpleName().equals(type)
                && (member == null || members.anyMatch(one -> one.getName().equals(member)));
    }
}
