package io.iocp.engine.uring;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UserDataTest {
    @ParameterizedTest
    @CsvSource({"0, 0", "1, 2", "-1, 0", "-1, -1", "2147483647, -2147483648", "-2147483648, 2147483647"})
    void shouldGiveBackWhatWasPackedWhicheverSigns(int slot, int generation) {
        long userData = UserData.of(slot, generation);
        assertEquals(slot, UserData.slot(userData));
        assertEquals(generation, UserData.generation(userData));
    }
}
