package io.iocp.engine.uring;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.iocp.engine.uring.UserData.Kind;
import org.junit.jupiter.api.Test;
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

    @ParameterizedTest
    @CsvSource({"0, 1", "1, -1", "63, 2147483647", "268435455, -2147483648"})
    void shouldTellWhatACancelIsForAndWhichKindItIs(int slot, int generation) {
        long request = UserData.of(slot, generation);
        long cancel = UserData.ofCancel(request);
        long reporting = UserData.ofReportingCancel(request);
        assertEquals(Kind.REQUEST, UserData.kind(request));
        assertEquals(Kind.CANCEL, UserData.kind(cancel));
        assertEquals(Kind.REPORTING_CANCEL, UserData.kind(reporting));
        assertEquals(request, UserData.cancelled(cancel));
        assertEquals(request, UserData.cancelled(reporting));
    }

    @ParameterizedTest
    @CsvSource({"1", "2147483647", "-2147483648", "-1"})
    void shouldTellWakeUpsFromTheirCancels(int number) {
        long wakeUp = UserData.ofWakeUp(number);
        assertEquals(Kind.WAKE_UP, UserData.kind(wakeUp));
        assertEquals(Kind.WAKE_UP_CANCEL, UserData.kind(UserData.ofWakeUpCancel(wakeUp)));
        assertEquals(number, UserData.generation(wakeUp));
        assertEquals(number, UserData.generation(UserData.ofWakeUpCancel(wakeUp)));
    }

    @Test
    void shouldHaveRoomForAsManySlotsAsItSays() {
        assertEquals(Kind.REPORTING_CANCEL, UserData.kind(UserData.ofReportingCancel(UserData.of(0, 1))));
        assertEquals(Kind.CANCEL, UserData.kind(UserData.ofCancel(UserData.of(UserData.MOST_SLOTS - 1, 1))));
    }
}
