package com.example.slice;

import org.springframework.boot.autoconfigure.SpringBootApplication;

/** An application with components of all kinds, for tests of what a slice takes of it. */
@SpringBootApplication
public class SliceApplication {}
