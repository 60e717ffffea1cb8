package com.example.slice;

import org.springframework.stereotype.Component;

/** Its handler is inherited. */
@Component
public class Shouter extends ShoutingHandler {}
