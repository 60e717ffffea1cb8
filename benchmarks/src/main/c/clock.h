/*
 * The time of a clock in nanoseconds. A program that includes it has a fail().
 */
#ifndef CLOCK_H
#define CLOCK_H

#include <errno.h>
#include <stdint.h>
#include <time.h>

static const uint64_t SECOND = 1000000000;

static void fail(const char *what, int error) __attribute__((noreturn));

static inline uint64_t clock_nanos(clockid_t clock) {
    struct timespec time;
    if (clock_gettime(clock, &time) != 0) {
        fail("clock_gettime", errno);
    }
    return (uint64_t) time.tv_sec * SECOND + (uint64_t) time.tv_nsec;
}

#endif
