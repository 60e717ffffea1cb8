package com.example.slice;

import org.springframework.stereotype.Component;

/** Has nothing to do with the port. */
@Component
public class Stranger {}
